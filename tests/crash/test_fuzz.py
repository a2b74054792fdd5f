"""Bytes that nobody meant: whatever can be read from outside or from a disk is fed by libFuzzer, under ASan and UBSan
(tests/fuzz); and frames that are small and would be endless work are refused, or cost no more than 5 ms."""

import json
import os
import subprocess
import sys
import unittest

from rig import JOBS, choose, figure, program, tap

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../fuzz"))
import fuzz  # noqa: E402

SECONDS = choose(6, 300)  # each target
BOMB_MAX_MS = 5


class Fuzz(unittest.TestCase):
    @unittest.skipUnless(os.path.exists(fuzz.program("wire")), "make asan has not been run (it needs clang)")
    def test_no_input_does_harm(self):
        runs = fuzz.run_all(fuzz.targets(), SECONDS, JOBS)
        found = [run for run in runs if run.found]
        edges = {run.target: run.edges for run in runs}
        self.assertTrue(all(run.edges for run in runs), "\n".join(map(str, runs)))
        self.assertTrue(figure("fuzz", not found, findings=len(found), inputs=sum(run.runs for run in runs), **{f"edges_{name}": n for name, n in edges.items()}),
                        "\n".join(map(str, found)))

    def test_a_small_frame_is_little_work(self):
        done = subprocess.run([program("bomb")], capture_output=True, encoding="utf-8", check=True)
        said = json.loads(done.stdout)
        self.assertTrue(figure("fuzz: DAG bombs", said["refused"] == said["bombs"] and said["slowest_ms"] <= BOMB_MAX_MS, **said), done.stderr)


if __name__ == "__main__":
    tap.main()
