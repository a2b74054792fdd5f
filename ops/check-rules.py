"""Holds docs/RULES.md and docs/RULES.zh-CN.md against each other and against the scenarios: both name the same ones in the
same order, every one that is named exists, and every one that exists is named."""

import os
import re
import sys

SCENARIOS = "tests/sim/scenarios"
PAGES = ("docs/RULES.md", "docs/RULES.zh-CN.md")


def named(page):
    """(line, number) of every scenario in the last column of the page's tables."""
    with open(page, encoding="utf-8") as text:
        for line, row in enumerate(text, 1):
            cells = row.strip().strip("|").split("|")
            if row.startswith("|") and len(cells) == 5:
                for number in re.findall(r"\b\d{3}\b", cells[-1]):
                    yield line, number


def faults():
    there = {name[:3] for name in os.listdir(SCENARIOS) if name.endswith(".scn")}
    rows = [list(named(page)) for page in PAGES]
    for page, entries in zip(PAGES, rows):
        for line, number in entries:
            if number not in there:
                yield f"{page}:{line}: there is no scenario {number}"
        for number in sorted(there - {number for _, number in entries}):
            yield f"{page}: scenario {number} is shown by no rule"
    for (line, number), (line_zh, number_zh) in zip(*rows):
        if number != number_zh:
            yield f"{PAGES[1]}:{line_zh}: names {number_zh} where {PAGES[0]}:{line} names {number}"
            return
    if len(rows[0]) != len(rows[1]):
        yield f"{PAGES[0]} names {len(rows[0])} scenarios, {PAGES[1]} {len(rows[1])}"


def main():
    found = list(faults())
    for fault in found:
        print(fault)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
