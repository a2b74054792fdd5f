"""Builds, checks and runs every test program; counts what they say in TAP. Called by ops/test.

A program is a failure of its own when it exits non-zero without a failed test, dies, or passes its time limit."""

import concurrent.futures
import glob
import os
import pwd
import re
import subprocess
import sys
import time

JOBS = os.cpu_count() or 2
NOBODY = pwd.getpwnam("nobody")
LOGS = "build/test-logs"

# name, seconds it may take, command. Each build must end before the next step begins.
MAKE = ["make", "--no-print-directory", f"-j{JOBS}", "WERROR=1"]
BUILDS = [
    ("build with gcc", 900, [*MAKE, "all", "unit", "crash", "cost"]),
    ("build with clang, ASan and UBSan", 1200, [*MAKE, "asan"]),
]
CHECKS = [
    ("check", 300, ["ops/check"]),
    ("check finds what is planted", 300, ["ops/check", "--self-test"]),
    ("mutants, a dozen", 300, ["ops/mutants", "--short"]),
]
SLOW = {"test_backup": 300, "test_clocks": 300, "test_confined": 300, "test_full": 300, "test_io_sweep": 300,
        "test_kill_loop": 300, "test_memory": 600, "test_power_loss": 300, "test_real": 300, "test_scenarios": 300,
        "test_sim": 300, "test_simulation": 300}
SLOW_DEFAULT = 120
AS_ROOT = ("crash/test_full",)  # when we are: it makes a file system larger
ASAN = "build/asan"
ASAN_ENVIRONMENT = {"BIHUAN_BUILD": ASAN, "UBSAN_OPTIONS": "print_stacktrace=1", "ASAN_OPTIONS": "detect_stack_use_after_return=1"}


def programs():
    """Every test program: C ones of unit/ and sim/, Python ones of system/, crash/ and cost/."""
    for source in sorted(glob.glob("tests/unit/test_*.c") + glob.glob("tests/sim/test_*.c")):
        stem = os.path.basename(source)[:-2]
        yield f"{source.split('/')[1]}/{stem}", SLOW.get(stem, SLOW_DEFAULT), [f"build/tests/{stem}"]
    for source in sorted(glob.glob("tests/system/test_*.py") + glob.glob("tests/crash/test_*.py") + glob.glob("tests/cost/test_*.py")):
        stem = os.path.basename(source)[:-3]
        yield f"{source.split('/')[1]}/{stem}", SLOW.get(stem, SLOW_DEFAULT), [sys.executable, source]


def sanitized():
    """Programs of the build that looks closer: tests that take in what others made, each tenth scenario with its crashes, one system test,
    each in a few seconds; the fuzz targets are test_fuzz's."""
    for program in sorted(glob.glob(f"{ASAN}/tests/test_*")):
        stem = os.path.basename(program)
        if "." not in stem:
            yield f"asan/{stem}", SLOW_DEFAULT, [program, *(["0-"] if stem == "test_scenarios" else [])], ASAN_ENVIRONMENT
    yield "asan/test_loop", SLOW_DEFAULT, [sys.executable, "tests/system/test_loop.py"], ASAN_ENVIRONMENT


def unprivileged():
    """As whom the tests run when we are root: permissions mean nothing to it. None: as who we are."""
    if os.getuid() != 0:
        return {}
    who = {"user": NOBODY.pw_uid, "group": NOBODY.pw_gid, "extra_groups": []}
    readable = subprocess.run(["test", "-r", "Makefile", "-a", "-x", "build/tests"], check=False, **who).returncode == 0
    for made in ("build/python",):  # by the Python peers
        os.makedirs(made, exist_ok=True)
        subprocess.run(["chown", "-R", "nobody", made], check=True)
    print("tests run as nobody" if readable else "tests run as root: nobody may not read this folder", flush=True)
    return who if readable else {}


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


def run(name, limit_s, command, more=None, suite=True, who=None):
    """Runs one program under its limit; what it wrote goes to a log. Returns what Tally.add takes. A suite must say what
    it passed; a step (a build) is one."""
    log = os.path.join(LOGS, re.sub(r"\W+", "-", name) + ".log")
    environment = dict(os.environ, CMOCKA_MESSAGE_OUTPUT="TAP", PYTHONDONTWRITEBYTECODE="1", **(more or {}))
    began = time.monotonic()
    with open(log, "wb") as out:
        status = subprocess.run(["timeout", "-k", "10", str(limit_s), *command], stdout=out, stderr=subprocess.STDOUT,
                                stdin=subprocess.DEVNULL, env=environment, check=False, **(who or {})).returncode
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
            who = unprivileged()
            steps = [(step, {}) for step in wanted(CHECKS)]
            steps += [(step, {} if step[0] in AS_ROOT else who) for step in wanted([*programs(), *sanitized()])]
            for result in pool.map(lambda step: run(*step[0], who=step[1]), steps):
                tally.add(*result)
    print(f"{tally.passed} passed, {tally.failed} failed" + (f", {tally.skipped} skipped" if tally.skipped else ""))
    return 1 if tally.failed or not tally.passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
