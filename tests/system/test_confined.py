"""The service's unit: how little it exposes, and that the broker does its work inside what it leaves: system tests again, with
every broker confined as ops/bihuan.service says (confined.py)."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import confined
import tap
from broker import HERE, ROOT, Broker

UNIT = os.path.join(ROOT, "ops/bihuan.service")
EXPOSURE_MAX = 2.0
AGAIN = ("test_loop", "test_bad_input", "test_reload", "test_backup", "test_worker_death")
# Shell words that must fail inside, each for one line of the unit.
FORBIDDEN = {
    "ProtectSystem": "touch /etc/planted",
    "CapabilityBoundingSet": "chown 1:1 \"$0\"",
    "RestrictNamespaces": "unshare --user true",
    "PrivateDevices": "test -e /dev/kmsg || test -e /dev/tty",
    "PrivateTmp": "test -e {outside}",
    "MemoryDenyWriteExecute": "{python} -c 'import mmap; mmap.mmap(-1, 4096, prot=7)'",
    "RestrictAddressFamilies": "{python} -c 'import socket; socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)'",
    "LimitCORE": "test \"$(ulimit -c)\" != 0",
    "SystemCallFilter": "{python} -c 'import os; os.sched_setaffinity(0, {{0}})'",
}
REFUSED = confined.why_not() if shutil.which("systemd-analyze") else "systemd-analyze is not installed"


class Exposure(unittest.TestCase):
    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not installed")
    def test_the_unit_exposes_little(self):
        said = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", UNIT], capture_output=True,
                              encoding="utf-8", check=False)
        level = re.search(r"Overall exposure level for \S+: ([0-9.]+)", said.stdout)
        self.assertTrue(level, said.stdout + said.stderr)
        print(f"# exposure {level.group(1)}")
        self.assertLessEqual(float(level.group(1)), EXPOSURE_MAX, said.stdout)


@unittest.skipIf(REFUSED, REFUSED)
class Confined(unittest.TestCase):
    def test_what_the_unit_forbids_cannot_be_done(self):
        with tempfile.TemporaryDirectory(prefix="bihuan-inside-") as inside, tempfile.NamedTemporaryFile(prefix="bihuan-outside-") as outside:
            def tried(words, confine=True):
                program = [sys.executable, os.path.join(HERE, "confined.py"), inside] if confine else []
                words = words.format(outside=outside.name, python=sys.executable)
                return subprocess.run([*program, "/bin/sh", "-c", words, inside], capture_output=True, check=False).returncode
            self.assertEqual(tried("touch \"$0/file\" /tmp/file && test ! -e /tmp/bihuan-outside*"), 0)
            for setting, words in FORBIDDEN.items():
                self.assertNotEqual(tried(words), 0, setting)
            for setting in ("PrivateTmp", "MemoryDenyWriteExecute", "RestrictNamespaces"):
                self.assertEqual(tried(FORBIDDEN[setting], confine=False), 0, f"{setting}: it fails outside too")

    def test_a_broker_is_inside(self):
        with Broker(keys=()) as broker:
            with open(f"/proc/{broker.process.pid}/status", encoding="ascii") as file:
                status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
            if os.environ.get("BIHUAN_CONFINED") == "1":
                self.assertEqual((status["NoNewPrivs"], status["Seccomp"], int(status["CapEff"], 16), int(status["CapBnd"], 16)), ("1", "2", 0, 0))

    def test_system_tests_pass_inside(self):
        environment = dict(os.environ, BIHUAN_CONFINED="1")
        for name, words in [("test_confined", ["a_broker_is_inside"])] + [(name, []) for name in AGAIN]:
            done = subprocess.run([sys.executable, os.path.join(HERE, name + ".py"), *words], env=environment, capture_output=True,
                                  encoding="utf-8", check=False)
            self.assertEqual(done.returncode, 0, f"{name}\n{done.stdout[-3000:]}{done.stderr[-2000:]}")
            print(f"# {name}: {len(re.findall(r'(?m)^ok ', done.stdout))} inside")


if __name__ == "__main__":
    tap.main()
