"""All workers die at once, each with as many tasks as it may hold: every task goes to another worker, at no more than twice the
pace at which they went out the first time; and so when they come back by their own names."""

import time
import unittest

from rig import PATIENCE_S, Rig, choose, figure, tap

TASKS = choose(10_000, 100_000)
CREDIT = choose(500, 4000)
WORKERS = -(-TASKS // CREDIT)
RATIO_MAX = 2.0


class Crew(Rig):
    def __init__(self):
        super().__init__("mass", keys=(), http=True)
        self.generation = []

    def hire(self, name):
        """Workers that take what they are given and never say a word."""
        self.generation = [f"{name}-{number}" for number in range(WORKERS)]
        for worker in self.generation:
            self.worker_of("fire", worker, "--mute", 1, credit=CREDIT)

    def lent(self, since_ns):
        """When each was handed out to the present generation, by their own logs."""
        lines = []
        for worker in self.generation:
            try:
                with open(self.path(f"log-{worker}"), encoding="utf-8") as log:
                    lines += [line.split() for line in log.read().split("\n")[:-1] if line.startswith("lent")]
            except FileNotFoundError:
                continue
        return {line[3]: int(line[1]) for line in lines if int(line[1]) > since_ns}

    def hand_out(self, since_ns):
        ends = time.monotonic() + PATIENCE_S
        while len(given := self.lent(since_ns)) < TASKS and time.monotonic() < ends:
            time.sleep(0.2)
        return given


def pace(given):
    """Tasks a second, of the middle nine tenths."""
    times = sorted(given.values())
    first, last = times[len(times) // 20], times[-1 - len(times) // 20]
    return 0.9 * len(times) / max(1e-3, (last - first) / 1e9)


class MassDeath(unittest.TestCase):
    def test_every_task_goes_to_another_at_no_more_than_twice_the_pace(self):
        with Crew() as rig:
            rig.start()
            assert rig.source("reports", "--count", TASKS, "--in-flight", 1024).wait(PATIENCE_S) == 0
            rig.clients.clear()
            published = {line[3] for line in rig.promises() if line[0] == "receipt"}
            given = []
            for name in ("first", "second", "second"):
                rig.cut_clients()
                since_ns = time.monotonic_ns()
                rig.hire(name)
                given.append(rig.hand_out(since_ns))
            sent = int(rig.metric("messages_sent_total"))
            rig.cut_clients()
            rig.stop()
            kept = rig.assert_kept()
        lost = sum(len(published - set(of_generation)) for of_generation in given)
        normal, others, same = map(pace, given)
        holds = lost == 0 and max(others, same) <= RATIO_MAX * normal and sent <= RATIO_MAX * TASKS * len(given)
        self.assertTrue(figure("mass worker death", holds, in_flight=TASKS, workers=WORKERS, not_handed_out_again=lost, normal_per_s=int(normal),
                               to_others_per_s=int(others), by_their_names_per_s=int(same), sent=sent, **kept))


if __name__ == "__main__":
    tap.main()
