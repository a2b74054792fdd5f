"""Builds, checks and runs every test program; counts what they say in TAP. Called by ops/test.

A program is a failure of its own when it exits non-zero without a failed test, dies, or passes its time limit."""

import concurrent.futures
import glob
import os
import re
import subprocess
import sys
import time

JOBS = os.cpu_count() or 2
LOGS = "build/test-logs"

# name, seconds it may take, command. Each build must end before the next step begins.
MAKE = ["make", "--no-print-directory", f"-j{JOBS}", "WERROR=1"]
BUILDS = [
    ("build with gcc", 900, [*MAKE, "all", "unit", "crash"]),
    ("build with clang", 900, [*MAKE, "B=build/clang", "CC=clang", "CXX=clang++", "all"]),
]
CHECKS = [
    ("check", 300, ["ops/check"]),
    ("check finds what is planted", 300, ["ops/check", "--self-test"]),
    ("mutants, a dozen", 300, ["ops/mutants", "--short"]),
]
SLOW = {"test_confined": 300, "test_kill_loop": 300, "test_power_loss": 300, "test_io_sweep": 300, "test_full": 300, "test_memory": 300,
        "test_real": 300, "test_scenarios": 300, "test_simulation": 300}
SLOW_DEFAULT = 120


def programs():
    """Every test program: C ones of unit/ and sim/, Python ones of system/, crash/ and cost/."""
    for source in sorted(glob.glob("tests/unit/test_*.c") + glob.glob("tests/sim/test_*.c")):
        stem = os.path.basename(source)[:-2]
        yield f"{source.split('/')[1]}/{stem}", SLOW.get(stem, SLOW_DEFAULT), [f"build/tests/{stem}"]
    for source in sorted(glob.glob("tests/system/test_*.py") + glob.glob("tests/crash/test_*.py") + glob.glob("tests/cost/test_*.py")):
        stem = os.path.basename(source)[:-3]
        yield f"{source.split('/')[1]}/{stem}", SLOW.get(stem, SLOW_DEFAULT), [sys.executable, source]


class Tally:
    passed = failed = skipped = 0

    def add(self, name, passed, failed, skipped, seconds, detail=""):
        self.passed += passed
        self.failed += failed
        self.skipped += skipped
        verdict = "FAILED" if failed else "ok" if passed else "skipped"
        counts = f"{passed} passed" + (f", {failed} failed" if failed else "") + (f", {skipped} skipped" if skipped else "")
        print(f"{verdict:8}{name:36}{counts:24}{seconds:7.1f} s", flush=True)
        if detail:
            print(detail, flush=True)


def run(name, limit_s, command, suite=True):
    """Runs one program under its limit; what it wrote goes to a log. Returns what Tally.add takes. A suite must say what
    it passed; a step (a build) is one."""
    log = os.path.join(LOGS, re.sub(r"\W+", "-", name) + ".log")
    environment = dict(os.environ, CMOCKA_MESSAGE_OUTPUT="TAP", PYTHONDONTWRITEBYTECODE="1")
    began = time.monotonic()
    with open(log, "wb") as out:
        status = subprocess.run(["timeout", "-k", "10", str(limit_s), *command], stdout=out, stderr=subprocess.STDOUT,
                                stdin=subprocess.DEVNULL, env=environment).returncode
    seconds = time.monotonic() - began
    with open(log, encoding="utf-8", errors="replace") as written:
        text = written.read()
    skipped = len(re.findall(r"(?m)^(?:not )?ok\b.*# SKIP", text))
    passed = len(re.findall(r"(?m)^ok\b(?!.*# SKIP)", text))
    failed = len(re.findall(r"(?m)^not ok\b(?!.*# SKIP)", text))
    detail = ""
    if failed or status:
        why = f"no end within {limit_s} s" if status == 124 else f"exit status {status}"
        tail = text.splitlines()[-40:]
        detail = "\n".join(["    " + line for line in tail] + [f"    ({why}; all of it: {log})"])
        failed = failed or 1
    elif not passed + skipped and suite:
        failed, detail = 1, "    (it ran no test)"
    elif not suite:
        passed = 1
    else:
        detail = "\n".join(f"    skipped: {why}" for why in dict.fromkeys(re.findall(r"(?m)^(?:not )?ok\b.*# SKIP (.*)$", text)))
    return name, passed, failed, skipped, seconds, detail


def main(words):
    os.makedirs(LOGS, exist_ok=True)
    tally = Tally()

    def wanted(steps):
        return [step for step in steps if not words or any(word in step[0] for word in words)]

    for step in BUILDS if not words else BUILDS[:1]:
        tally.add(*run(*step, suite=False))
        if tally.failed:
            break
    else:
        with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
            for result in pool.map(lambda step: run(*step), wanted(CHECKS + list(programs()))):
                tally.add(*result)
    print(f"{tally.passed} passed, {tally.failed} failed" + (f", {tally.skipped} skipped" if tally.skipped else ""))
    return 1 if tally.failed or not tally.passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
