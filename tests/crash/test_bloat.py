"""The store's file stays as large as what it holds: while the journal is trimmed, with readers that hang, and after foreign ones
that died. A foreign reader that lives is told of."""

import json
import re
import subprocess
import unittest

from rig import BUILD, Rig, choose, figure, program, tap

CYCLES = choose(400_000, 10_000_000)
ALARM_S = 60


class Cycles(unittest.TestCase):
    def test_a_trimmed_store_does_not_grow(self):
        with Rig("bloat", keys=()) as rig:
            done = subprocess.run([program("bloat"), "cycle", rig.path("cycled"), str(CYCLES)], capture_output=True, text=True,
                                  check=False)
        self.assertTrue(done.stdout, done.stderr)
        said = json.loads(done.stdout.splitlines()[-1])
        self.assertTrue(figure("bloat", done.returncode == 0, **said), said)


def readers(rig):
    """Read transactions on the store: process → transaction, those that hold one."""
    said = subprocess.run([program("bloat"), "list", rig.store], capture_output=True, text=True, check=True).stdout
    lines = [line.split() for line in said.splitlines()[1:]]
    return {int(line[0]): line[2] for line in lines if len(line) == 3 and line[2] != "-"}


def told_readers(rig):
    return int(re.search(r"store_readers (\d+)", rig.http("/metrics")[1])[1])


class Readers(unittest.TestCase):
    def test_a_client_that_hangs_holds_no_snapshot_and_a_foreign_reader_is_told_of(self):
        with Rig("readers", http=True, keys=()) as rig:
            rig.start()
            rig.source("first", "--count", 2000, "--in-flight", 64, "--text", 500).wait(60)
            feed = rig.run(f"{BUILD}/bihuan", "tail", "--from", "0", "--follow", "--json")
            feed.out.next()
            query = rig.run(f"{BUILD}/bihuan", "ls", "--json")
            for hung in (feed, query):
                hung.process.send_signal(19)  # SIGSTOP
            held = set()
            for n in range(20):
                rig.source(f"later-{n}", "--count", 20).wait(60)
                held.add(readers(rig).get(rig.pid()))
            hung = len(held) == 1 and held != {None}
            foreign = rig.run(program("bloat"), "hold", rig.store)
            self.assertEqual(foreign.out.next(), "held")
            rig.process.err.until(lambda line: "foreign reader" in line and str(foreign.pid) in line, ALARM_S)
            self.assertEqual(told_readers(rig), 1)
            foreign.kill()
            rig.process.err.until(lambda line: "foreign reader" in line and "gone" in line, ALARM_S)
            stale = foreign.pid in readers(rig)
            for client in (feed, query):
                client.kill()
            rig.stop()
            offline = rig.run(program("bloat"), "hold", rig.store)  # as a check that is killed
            self.assertEqual(offline.out.next(), "held")
            offline.kill()
            rig.start()
            stale |= offline.pid in readers(rig)
            rig.stop()
            rig.assert_kept()
        self.assertTrue(figure("bloat: readers", not hung and not stale, broker_held=int(hung), stale_left=int(stale)), held)


if __name__ == "__main__":
    tap.main()
