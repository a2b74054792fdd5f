"""Much that came due while the broker was down: after its restart each rung fires, once and in order, and who reports something
new meanwhile waits hardly longer than ever."""

import time
import unittest

from rig import PATIENCE_S, Rig, choose, figure, tap
from waits import Machine, hold_against, monotonic_of, receipts

DUE = choose(10_000, 100_000)
LIMIT_S = choose(3, 15)  # from the report to the breach: longer than to report them all, on a machine that is not too slow
ROUNDS = choose(2, 3)
CALM_S = choose(2, 5)
RATIO_MAX = 2.0


class Late(Rig):
    """One clock a report, of type 5; nothing before its breach, and nothing after for a day."""

    def __init__(self):
        super().__init__("overdue", keys=(), http=True)
        self.edit("ladders.yaml", "{warn: [0.5, 0.8], step: budget}", "{warn: [], step: 1d}")
        self.edit("clocks.yaml", "{respond: 1s, handle: 2s, feedback: 3s, dispatch: 1s, resolve: 4s}", f"{{resolve: {LIMIT_S}s}}")


def caught_up(rig, probe, upto):
    """Whatever else is reported meanwhile: so many records there are at least when all has fired."""
    ends = time.monotonic() + PATIENCE_S
    while rig.sequence() < upto + len(receipts(rig, probe)) and time.monotonic() < ends:
        time.sleep(0.2)


class Overdue(unittest.TestCase):
    def round(self, rig, number):
        """The waits meanwhile and after, and how much fired that should not have, or not when it should."""
        rig.start()
        begun = rig.sequence() + 1
        rig.source(f"due-{number}", "--count", DUE, "--in-flight", 1024, type="5").wait(PATIENCE_S)
        before = rig.sequence()
        rig.stop()
        time.sleep(LIMIT_S)  # they come due while it is down: there is nothing to wait for but time
        probe = f"probe-{number}"
        source = rig.source(probe, "--in-flight", 4096, "--gap-us", 2000, type="2.01")
        rig.start()
        while not receipts(rig, probe):  # it must find the broker again first
            time.sleep(0.01)
        again = time.monotonic()
        caught_up(rig, probe, before + DUE)
        time.sleep(CALM_S)  # as ever: to hold the other against
        source.process.terminate()
        source.wait(PATIENCE_S)
        rig.clients.clear()
        rig.stop()
        fired = rig.tally(begun)
        began, ended = monotonic_of(fired["first_ms"]), monotonic_of(fired["last_ms"])
        wrong = abs(fired["rungs"] - DUE) + fired["twice"] + fired["early"] + fired["disordered"]
        return wrong, ((max(began, again), ended), (ended, ended + CALM_S))

    def test_each_fires_once_in_order_and_reports_do_not_wait(self):
        machine = Machine()
        with Late() as rig:
            rounds = [self.round(rig, number) for number in range(ROUNDS)]
            rig.assert_kept()
            answers = [answer for number in range(ROUNDS) for answer in receipts(rig, f"probe-{number}")]
        wrong = sum(of_round for of_round, _ in rounds)
        ratio, holds, said = hold_against(machine, answers, [windows for _, windows in rounds], RATIO_MAX)
        self.assertTrue(figure("overdue restart", wrong == 0 and holds, due=DUE, rounds=ROUNDS, wrong=wrong, p99_ratio=ratio,
                               p99_ms=said))


if __name__ == "__main__":
    tap.main()
