"""What an attacker who finds a mistake meets: each protection is found in the files that were built, not in the Makefile; and is
missed when its flag is taken away. No program leaves a core, and the unit of ops/ keeps it in."""

import os
import re
import resource
import signal
import subprocess
import tempfile
import unittest

import tap
from broker import BUILD, ROOT, Broker, binary

# A call that only FORTIFY_SOURCE=3 watches: of a size that is known when it runs.
WATCHED = {"bihuand": "__read_chk", "bihuan": "__memcpy_chk", "bihuan-worker": "__memcpy_chk", "libbihuan.so": "__memcpy_chk"}

# Each protection can be seen in this: an array of four, a frame above a page, a copy of a size that is known late.
SAMPLE = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int four(const char *from) { char few[4]; FILE *in = fopen(from, "r"); int got = in ? (int)fread(few, 1, sizeof few, in) : 0; return got + few[0]; }
int page(void) { char many[70000]; return fgets(many, sizeof many, stdin) ? many[9] : 0; }
char *copy(const char *from, size_t size, size_t n) { char *to = malloc(size); if (to) memcpy(to, from, n); return to; }
int main(int argc, char **argv) { return four(argv[0]) + page() + copy(argv[0], (size_t)argc, strlen(argv[0]))[0]; }
"""
# flag → what stands in its place, what is then missed
WITHOUT = {
    "-fstack-protector-strong": ("-fstack-protector", "stack protector of any array"),
    "-fstack-clash-protection": ("-fno-stack-clash-protection", "stack clash protection"),
    "-fcf-protection=full": ("-fcf-protection=none", "landing marks"),
    "-D_FORTIFY_SOURCE=3": ("-D_FORTIFY_SOURCE=2", "fortified calls"),
    "-z,relro": ("-z,norelro", "relocations read-only"),
    "-z,now": ("-z,lazy", "all bound at the start"),
    "-z,noexecstack": ("-z,execstack", "a stack that is no code"),
    "-z,ibt,": ("", "mark of IBT"),
    "-z,shstk": ("-z,separate-code", "mark of the shadow stack"),
    "-pie": ("-no-pie", "any address"),
}


def said_by(*command):
    return subprocess.run(command, check=True, capture_output=True, encoding="utf-8", errors="replace").stdout


def units(path):
    """The command of each compilation unit, as the compiler wrote it down."""
    lines = said_by("readelf", "--debug-dump=info", "--dwarf-depth=1", path).splitlines()
    return [line for line in lines if "DW_AT_producer" in line and "GNU C" in line]


def begins_with_mark(path):
    """Whether main, or what a library exports, begins with endbr64."""
    code = said_by("objdump", "-d", "--no-show-raw-insn", path)
    begins = re.findall(r"(?m)^[0-9a-f]+ <(main|bh_\w+)>:\n\s*[0-9a-f]+:\s+(\w+)", code)
    return begins and all(first == "endbr64" for _, first in begins)


def missing(path, watched):
    """The protections that a built file has not."""
    headers, dynamic = said_by("readelf", "-W", "-h", "-l", path), said_by("readelf", "-W", "-d", path)
    notes, symbols = said_by("readelf", "-W", "-n", path), said_by("readelf", "-W", "--dyn-syms", path)
    marks = re.search(r"x86 feature: (.*)", notes)
    marks = marks.group(1) if marks else ""
    compiled = units(path)
    probes = re.search(r"sub +\$0x1000,%rsp\n.*orq +\$0x0,\(%rsp\)", said_by("objdump", "-d", "--no-show-raw-insn", path))
    stack = re.search(r"GNU_STACK.* ([RWE ]{3}) ", headers)
    has = {
        "any address": "Type:" in headers and "DYN" in headers and (" PIE" in dynamic or "SONAME" in dynamic),
        "relocations read-only": "GNU_RELRO" in headers,
        "all bound at the start": "BIND_NOW" in dynamic or " NOW" in dynamic,
        "a stack that is no code": stack and "E" not in stack.group(1),
        "stack protector": "__stack_chk_fail" in symbols,
        "stack protector of any array": compiled and all("-fstack-protector-strong" in unit for unit in compiled),
        "stack clash protection": probes and compiled and all("-fstack-clash-protection" in unit for unit in compiled),
        "landing marks": begins_with_mark(path) and compiled and all("-fcf-protection=full" in unit for unit in compiled),
        "fortified calls": watched in symbols,
        "mark of IBT": "IBT" in marks,
        "mark of the shadow stack": "SHSTK" in marks,
    }
    return [name for name, there in has.items() if not there]


@unittest.skipIf(BUILD != os.path.join(ROOT, "build"), "another build has other flags")
class BuiltFiles(unittest.TestCase):
    def test_each_file_has_every_protection(self):
        for name, watched in WATCHED.items():
            self.assertEqual(missing(binary(name), watched), [], name)

    def test_a_flag_that_is_taken_away_is_missed(self):
        compile_flags, link_flags = said_by("make", "-s", "-C", ROOT, "hardening").splitlines()
        whole = f"-O2 -g {compile_flags} -pie {link_flags}"
        with tempfile.TemporaryDirectory(prefix="bihuan-hardening-") as folder:
            path = os.path.join(folder, "sample")
            with open(path + ".c", "w", encoding="utf-8") as source:
                source.write(SAMPLE)

            def missed(flags):
                subprocess.run(["gcc", *flags.split(), "-o", path, path + ".c"], check=True, stderr=subprocess.DEVNULL)
                return missing(path, "__memcpy_chk")

            self.assertEqual(missed(whole), [])
            for flag, (instead, protection) in WITHOUT.items():
                self.assertIn(flag, whole)
                self.assertIn(protection, missed(whole.replace(flag, instead)), flag)


def leaves_core(command, folder):
    """Whether it does when it is told to abort, once it has begun to wait."""
    def allow():
        most = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (most, most))
    process = subprocess.Popen(command, cwd=folder, preexec_fn=allow, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    process.stdout.readline()
    os.kill(process.pid, signal.SIGABRT)
    _, status = os.waitpid(process.pid, 0)
    process.returncode = status
    process.stdout.close()
    return os.WCOREDUMP(status)


class NoCore(unittest.TestCase):
    def test_a_broker_that_is_aborted_leaves_none(self):
        broker = Broker(keys=())
        try:
            if not leaves_core(["sh", "-c", "echo ready; sleep 60 & wait"], broker.folder):
                self.skipTest("no program leaves a core on this machine")
            self.assertFalse(leaves_core([binary("bihuand"), *broker.flags], broker.folder))
        finally:
            broker.close()


if __name__ == "__main__":
    tap.main()
