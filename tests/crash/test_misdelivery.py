"""Nothing goes to the wrong department: random cities, rules, events, reloads, exclusions, returns and crashes against a second reading
of the rules (tests/sim/test_misdelivery.c)."""

import json
import subprocess
import unittest

from rig import binary, choose, figure, tap

EVENTS = choose(30_000, 1_000_000)


class Misdelivery(unittest.TestCase):
    def test_each_event_is_its_departments_and_what_is_nobodys_reaches_people(self):
        done = subprocess.run([binary("tests/test_misdelivery"), str(EVENTS)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              encoding="utf-8", errors="replace", check=False)
        sums = [json.loads(line[len("# sum "):]) for line in done.stdout.splitlines() if line.startswith("# sum ")]
        total = sums[0] if sums else {"events": 0}
        holds = done.returncode == 0 and total["events"] >= EVENTS and total["wrong"] == 0 and total["waiting"] == total["reached people"]
        self.assertTrue(figure("misdelivery", holds, **total), done.stdout[-3000:] + done.stderr[-2000:])


if __name__ == "__main__":
    tap.main()
