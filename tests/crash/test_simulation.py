"""Days of a simulated city, each of one seed: the network loses, doubles, delays and reorders; commits are lost, torn or untold;
the broker dies at any point; clocks step; the configuration changes. Nothing that anybody was promised is missing, and one seed is
one run (tests/sim/test_sim.c)."""

import concurrent.futures
import json
import subprocess
import unittest

from rig import JOBS, SEED, binary, choose, figure, tap

SEEDS = choose(120, 10_000)
LATE = choose(20, 1_000)  # with threads of their own: they are not exactly repeated
CHUNK = choose(20, 100)
FIRST = 1 + (SEED - 1) * 1_000_000


def run(first, count, *words):
    """What the program sums up, and what it complains of."""
    done = subprocess.run([binary("tests/test_sim"), str(first), str(first + count - 1), *words], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, encoding="utf-8", errors="replace", check=False)
    sums = [json.loads(line[len("# sum "):]) for line in done.stdout.splitlines() if line.startswith("# sum ")]
    said = [line for line in done.stdout.splitlines() if line.startswith("seed ")]
    if not sums or (done.returncode and not said):
        said.append(f"{' '.join(done.args)}: exit status {done.returncode}\n{done.stderr[-2000:]}")
    return sums[0] if sums else {}, said


def run_all(seeds, *words):
    chunks = [(first, min(CHUNK, FIRST + seeds - first)) for first in range(FIRST, FIRST + seeds, CHUNK)]
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        parts = list(pool.map(lambda chunk: run(*chunk, *words), chunks))
    names = parts[0][0].keys()
    return {name: sum(part[0].get(name, 0) for part in parts) for name in names}, [line for part in parts for line in part[1]]


class Simulation(unittest.TestCase):
    def test_nothing_promised_is_missing_and_one_seed_is_one_run(self):
        total, said = run_all(SEEDS)
        holds = not said and total["crashes"] > 0 and total["run twice"] >= SEEDS // 5
        self.assertTrue(figure("simulation", holds, seeds=SEEDS, **total), "\n".join(said[:10]))

    def test_nor_where_rows_are_durable_later(self):
        total, said = run_all(LATE, "late")
        holds = not said and total["crashes"] > 0
        self.assertTrue(figure("simulation: late rows", holds, seeds=LATE, violations=total["violations"], crashes=total["crashes"]),
                        "\n".join(said[:10]))


if __name__ == "__main__":
    tap.main()
