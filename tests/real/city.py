"""What the scripts that make a city's folder out of real rows share."""

import csv
import json
import os
import sys
from collections import Counter


def rows(data, name):
    with open(os.path.join(data, name), encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def text(value):
    """A YAML scalar that is text whatever it holds: JSON's strings are YAML's."""
    return json.dumps(value, ensure_ascii=False)


class Folder:
    """A city's folder: files of lines."""

    def __init__(self, path):
        self.path = path
        os.makedirs(path, exist_ok=True)

    def write(self, name, lines):
        with open(os.path.join(self.path, name), "w", encoding="utf-8") as file:
            file.writelines(line + "\n" for line in lines)

    def write_expected(self, expected):
        """What a test compares with: id, type, area or "latitude,longitude", the real row's unit, its area if known."""
        self.write("expected.tsv", ("\t".join(row) for row in expected))

    def write_trial(self):
        """Limits and the one principal of a trial over plain loopback."""
        self.write("clocks.yaml", ["profiles:", "  ordinary: {dispatch: 1h, respond: 4h, handle: 15d, resolve: 20d}"])
        self.write("principals.yaml", [
            "principals:", "  - {name: local, roles: all, units: all, panic: true, plain: true, uids: [0]}"])


def majority(values):
    """The commonest; of equals the least, so that every run makes the same table."""
    counts = Counter(values)
    return min(counts, key=lambda value: (-counts[value], value))


def arguments():
    if len(sys.argv) != 3:
        sys.exit(f"usage: {sys.argv[0]} DATA-FOLDER CITY-FOLDER")
    return sys.argv[1], Folder(sys.argv[2])
