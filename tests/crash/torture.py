"""Runs the campaigns and prints their table: a row, its figures, whether it holds. Called by `make torture` (long) and
`make torture-quick`; words choose among the campaigns.

A campaign is a program that says TAP (tests/run.py runs the quick ones too), and for each row of the table a line
"# figure {"row": …, "holds": …, "figures": {…}}"."""

import glob
import json
import os
import subprocess
import sys
import time

LIMIT_S = 6 * 3600


def campaigns(words):
    """Every program of tests/crash."""
    return [source for source in sorted(glob.glob("tests/crash/test_*.py"))
            if not words or any(word in source for word in words)]


def told(value):
    return f"{value:,.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


def rows_of(said):
    return [json.loads(line[len("# figure "):]) for line in said.splitlines() if line.startswith("# figure ")]


def run(source, environment):
    """Rows of the table of one campaign; one of its own when it fails without telling which."""
    began = time.monotonic()
    done = subprocess.run(["timeout", str(LIMIT_S), sys.executable, source], env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, encoding="utf-8", errors="replace", check=False)
    rows = rows_of(done.stdout)
    if done.returncode != 0 and all(row["holds"] for row in rows):
        rows.append({"row": os.path.basename(source), "holds": False, "figures": {"exit status": done.returncode}})
    if done.returncode != 0:
        print(done.stdout, flush=True)
    for row in rows:
        figures = ", ".join(f"{name} {told(value)}" for name, value in row["figures"].items())
        print(f"{'pass' if row['holds'] else 'FAIL'}  {row['row']:24}  {figures}", flush=True)
    print(f"      ({source}: {time.monotonic() - began:.0f} s)", flush=True)
    return rows


def main(arguments):
    long = "--long" in arguments
    environment = dict(os.environ, BIHUAN_TORTURE="1" if long else "0", PYTHONDONTWRITEBYTECODE="1")
    rows = []
    for source in campaigns([word for word in arguments if not word.startswith("-")]):
        rows += run(source, environment)
    failed = sum(not row["holds"] for row in rows)
    print(f"{len(rows) - failed} rows hold, {failed} do not")
    return 1 if failed or not rows else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
