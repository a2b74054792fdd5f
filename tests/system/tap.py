"""Runs unittest cases and says TAP: one line a test, which tests/run.py counts."""

import sys
import traceback
import unittest


class TapResult(unittest.TestResult):
    number = 0

    def say(self, test, verdict, suffix=""):
        self.number += 1
        name = getattr(test, "_testMethodName", None) or str(test)
        print(f"{verdict} {self.number} - {name}{suffix}", flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.say(test, "ok")

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.say(test, "ok", f" # SKIP {reason}")

    def fault(self, test, error):
        if isinstance(test, unittest.TestCase):
            said = self._exc_info_to_string(error, test)
        else:  # setUpClass
            said = "".join(traceback.format_exception(*error))
        print("# " + said.rstrip().replace("\n", "\n# "))
        self.say(test, "not ok")

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.fault(test, error)

    def addError(self, test, error):
        super().addError(test, error)
        self.fault(test, error)


def main():
    """Runs the test cases of the calling script; words on the command line choose among test names."""
    words = sys.argv[1:]
    loader = unittest.defaultTestLoader
    cases = []
    for group in loader.loadTestsFromModule(sys.modules["__main__"]):
        kept = [case for case in group if not words or any(word in case.id() for word in words)]
        cases.append(unittest.TestSuite(kept))
    result = unittest.TestSuite(cases).run(TapResult())
    print(f"1..{result.number}")
    sys.exit(0 if result.wasSuccessful() else 1)
