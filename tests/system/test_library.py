"""libbihuan as an outsider uses it: the header's own examples, compiled as C and as C++ against the shared library and run
against a broker; and what the library shows to a linker."""

import os
import re
import subprocess
import tempfile
import unittest

import tap
from broker import BUILD, LIMIT_S, ROOT, Broker

HEADER = os.path.join(ROOT, "workers", "bihuan.h")
COMPILERS = {"C": ["cc", "-std=c17", "-Wall", "-Wextra", "-Wstrict-prototypes", "-Werror", "-xc"],
             "C++": ["c++", "-std=c++17", "-Wall", "-Werror", "-xc++"]}


def examples():
    """The source and the worker of the header's comment, made to fit the test's city."""
    with open(HEADER, encoding="utf-8") as file:
        blocks = re.findall(r"@code\n(.*?)@endcode", file.read(), re.S)
    plain = [re.sub(r"^ \*  ", "", block, flags=re.M) for block in blocks]
    source, worker = (text.replace("0101", "1.01").replace("620802001001", "620899001001")
                      .replace("chengguan.dongguan", "fire").replace("bh_work_next(work, -1,", "bh_work_next(work, 1000,")
                      for text in plain[:2])
    return source, "char fault[BH_FAULT_BYTES];\n" + worker


class Library(unittest.TestCase):
    def build(self, folder, name, body, language):
        source = os.path.join(folder, name + ".text")
        program = os.path.join(folder, name)
        with open(source, "w", encoding="utf-8") as file:
            file.write("#include <err.h>\n#include <stdio.h>\n#include <bihuan.h>\nint main(void)\n{\n" + body + "return 0;\n}\n")
        subprocess.run([*COMPILERS[language], "-I", os.path.dirname(HEADER), source, "-o", program, "-L", BUILD, "-lbihuan"],
                       check=True, timeout=LIMIT_S)
        return program

    def run_program(self, broker, program, as_):
        # The loader looks for the library by its soname.
        with tempfile.TemporaryDirectory() as folder:
            os.symlink(os.path.join(BUILD, "libbihuan.so"), os.path.join(folder, "libbihuan.so.0"))
            done = subprocess.run([program], env={**broker.environment(as_), "LD_LIBRARY_PATH": folder}, timeout=LIMIT_S,
                                  capture_output=True, encoding="utf-8", check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.strip()

    def test_the_headers_examples_work_in_c_and_in_cpp(self):
        for language in COMPILERS:
            with self.subTest(language), Broker(tcp=True) as broker, tempfile.TemporaryDirectory() as folder:
                source, worker = (self.build(folder, name, body, language)
                                  for name, body in zip(("source", "worker"), examples()))
                incident = self.run_program(broker, source, "camera")
                self.assertEqual(self.run_program(broker, source, "camera"), incident, "the first receipt again")
                self.run_program(broker, worker, "fire")
                head = broker.head(incident)
                self.assertEqual((head["state"], head["outcome"]), ("closed", "resolved"))

    def test_only_its_own_names_are_exported(self):
        shown = subprocess.run(["nm", "-D", "--defined-only", os.path.join(BUILD, "libbihuan.so")], check=True,
                               capture_output=True, encoding="utf-8").stdout.split("\n")
        names = {line.split()[-1].split("@")[0] for line in shown if line.strip()}
        names.discard("BIHUAN_0")
        with open(HEADER, encoding="utf-8") as file:
            declared = set(re.findall(r"^(?!typedef)[a-z].*?\b(bh_\w+)\(", file.read(), re.M))
        self.assertEqual(names, declared)


if __name__ == "__main__":
    tap.main()
