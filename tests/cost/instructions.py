"""Instructions that one more event, and one more whole loop, cost the broker: turn, core, codecs and tables, by callgrind. They
do not depend on the machine's mood. `instructions.py --commit` writes expected.json."""

import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
EXPECTED = os.path.join(HERE, "expected.json")
COUNTS = {"publish": (256, 1024), "loop": (128, 512)}


def expected():
    with open(EXPECTED, encoding="utf-8") as file:
        return json.load(file)


def instructions(what, count):
    """Of all turns, for so many."""
    with tempfile.NamedTemporaryFile(prefix="cost-") as out:
        done = subprocess.run(["valgrind", "--tool=callgrind", "--toggle-collect=turn_run", f"--callgrind-out-file={out.name}",
                               "build/cost/instructions", what, str(count)], cwd=ROOT, stderr=subprocess.PIPE, text=True, check=True)
    return int(re.search(r"Collected : (\d+)", done.stderr).group(1))


def each(what):
    """Of one more: what is only done at the start cancels out."""
    few, many = (instructions(what, count) for count in COUNTS[what])
    return round((many - few) / (COUNTS[what][1] - COUNTS[what][0]))


def main():
    found = {what: each(what) for what in COUNTS}
    print(json.dumps(found))
    if sys.argv[1:] == ["--commit"]:
        with open(EXPECTED, "w", encoding="utf-8") as file:
            json.dump(found, file, indent=1)
            file.write("\n")


if __name__ == "__main__":
    main()
