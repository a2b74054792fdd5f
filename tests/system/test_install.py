"""What `make install` puts in place, and that the first publisher and worker of both READMEs work as printed."""

import os
import re
import stat
import subprocess
import tempfile
import unittest

import tap
from broker import ROOT, Broker, Result


def blocks(readme, language):
    with open(os.path.join(ROOT, readme), encoding="utf-8") as file:
        return re.findall(rf"(?ms)^```{language}\n(.*?)^```$", file.read())


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="bihuan-install-")
        cls.root = cls.folder.name
        subprocess.run(["make", "-s", "-C", ROOT, "install", f"DESTDIR={cls.root}", "PREFIX=/usr/local"], check=True,
                       stdout=subprocess.DEVNULL)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def installed(self, path):
        return os.path.join(self.root, "usr/local", path)

    def run_in(self, *command, **env):
        return Result(subprocess.run(command, capture_output=True, encoding="utf-8", check=False, cwd=self.root,
                                     env={**os.environ, **env}))

    def test_everything_is_there(self):
        for path in ("bin/bihuand", "bin/bihuan", "bin/bihuan-worker", "lib/libbihuan.a", "lib/libbihuan.so",
                     "include/bihuan.h", "lib/pkgconfig/bihuan.pc", "share/bihuan/schemas/PROTOCOL.md", "share/bihuan/schemas/wire.fbs",
                     "share/bihuan/cities/minimal/city.yaml", "lib/systemd/system/bihuan.service", "share/locale/zh_CN/LC_MESSAGES/bihuan.mo"):
            self.assertTrue(os.path.exists(self.installed(path)), path)
        self.assertEqual(self.run_in(self.installed("bin/bihuan"), "--version").exit, 0)

    def compile_publisher(self, source):
        flags = self.run_in("pkg-config", "--cflags", "--libs", "bihuan", PKG_CONFIG_SYSROOT_DIR=self.root,
                            PKG_CONFIG_PATH=self.installed("lib/pkgconfig")).out.split()
        path = os.path.join(self.root, "publisher")
        with open(path + ".c", "w", encoding="utf-8") as file:
            file.write(source)
        made = self.run_in("cc", "-Wall", "-Wextra", "-Werror", "-o", path, path + ".c", *flags)
        self.assertEqual(made.exit, 0, made)
        return path

    def test_the_readmes_publisher_and_worker_work_as_printed(self):
        for readme in ("README.md", "README.zh-CN.md"):
            with Broker(config=os.path.join(ROOT, "ops/cities/minimal"), keys=()) as broker:
                trail = broker.follow()
                publisher = self.compile_publisher(*blocks(readme, "c"))
                said = self.run_in(publisher, BIHUAN_BROKER=f"ipc://{broker.ipc}",
                                   LD_LIBRARY_PATH=self.installed("lib"))
                self.assertEqual(said.exit, 0, said)
                incident = trail.until(kind="opened")["changes"][0]["incident"]

                handler = os.path.join(broker.folder, "handler.sh")
                with open(handler, "w", encoding="utf-8") as file:
                    file.write(*blocks(readme, "sh"))
                os.chmod(handler, stat.S_IRWXU)
                broker.worker("hw", handler)
                trail.until(kind="fed_back", incident=incident)
                self.assertEqual(broker.head(incident)["outcome"], "resolved")

    def test_both_readmes_say_the_same(self):
        for language in ("c", "mermaid"):
            self.assertEqual(len(blocks("README.md", language)), len(blocks("README.zh-CN.md", language)))
        shape = [re.findall(r"(?m)^(#+) ", open(os.path.join(ROOT, readme), encoding="utf-8").read())
                 for readme in ("README.md", "README.zh-CN.md")]
        self.assertEqual(*shape)


if __name__ == "__main__":
    tap.main()
