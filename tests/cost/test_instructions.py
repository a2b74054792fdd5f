"""An event and a loop take no more instructions than was committed (tests/cost/expected.json), give or take."""

import os
import shutil
import subprocess
import sys
import unittest

import instructions

sys.path.insert(0, os.path.join(instructions.ROOT, "tests/system"))
import tap  # noqa: E402

TOLERANCE = 0.05


@unittest.skipUnless(shutil.which("valgrind"), "valgrind is not installed")
class Instructions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if os.access(os.path.join(instructions.ROOT, "build"), os.W_OK):  # else it was built for us
            subprocess.run(["make", "--no-print-directory", "-s", "cost"], cwd=instructions.ROOT, check=True, stdout=subprocess.DEVNULL)

    def hold(self, what):
        bound = instructions.expected()[what]
        found = instructions.each(what)
        if found < bound * (1 - TOLERANCE):
            print(f"# {what}: {found:,}, {1 - found / bound:.0%} fewer than {bound:,}: write it down by tests/cost/instructions.py --commit")
        self.assertLessEqual(found, bound * (1 + TOLERANCE),
                             f"one more {what} takes {found:,} instructions, {found / bound - 1:+.0%} beside {bound:,}. Find out why "
                             "(callgrind_annotate); if it is worth it, tests/cost/instructions.py --commit")

    def test_of_an_event(self):
        self.hold("publish")

    def test_of_a_loop(self):
        self.hold("loop")


if __name__ == "__main__":
    tap.main()
