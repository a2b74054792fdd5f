"""Holds SECURITY.md and SECURITY.zh-CN.md against the tests: each row names at least one, each that is named exists, and both pages
name the same ones in the same order."""

import os
import re
import sys

PAGES = ("SECURITY.md", "SECURITY.zh-CN.md")
NAMED = re.compile(r"`(tests/[\w./-]+?)(?:: (\w+))?`")


def rows(page):
    """(line, [(file, name)]) of each row of the page's tables; of the last column."""
    with open(page, encoding="utf-8") as text:
        lines = text.read().splitlines()
    for line, row in enumerate(lines, 1):
        is_head = line < len(lines) and lines[line].startswith("| ---")
        if row.startswith("| ") and not row.startswith("| ---") and not is_head:
            yield line, NAMED.findall(row.strip().strip("|").split("|")[-1])


def is_missing(file, name):
    if not os.path.isfile(file):
        return f"there is no {file}"
    with open(file, encoding="utf-8") as text:
        if name and not re.search(rf"\b{name}\b *\(", text.read()):
            return f"{file} has no {name}"
    return None


def faults():
    pages = [list(rows(page)) for page in PAGES]
    for page, entries in zip(PAGES, pages):
        if not entries:
            yield f"{page}: no rows"
        for line, tests in entries:
            if not tests:
                yield f"{page}:{line}: names no test"
            for fault in filter(None, (is_missing(*test) for test in tests)):
                yield f"{page}:{line}: {fault}"
    if [tests for _, tests in pages[0]] != [tests for _, tests in pages[1]]:
        yield f"{PAGES[1]} names other tests than {PAGES[0]}"


def main():
    found = list(faults())
    for fault in found:
        print(fault)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
