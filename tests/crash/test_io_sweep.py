"""Every call that the broker makes on its store's files fails: once, from then on, in part, or done and said to have failed.
Nothing that was promised is lost, no store is unopenable, and of what nobody knows the client's retry finds out."""

import random
import unittest

from life import count_calls, live_all
from rig import LONG, SEED, Rig, figure, tap

# Ended well; would not open the store; a commit of which nobody knows. Nothing else is an end.
ENDS = {0, 4, 6}
WAYS = [(how, error) for how in ("once", "ever", "short", "after") for error in ("EIO", "ENOSPC")]


class Sweep(unittest.TestCase):
    def sweep(self, row, recovers, runs):
        count = count_calls(Rig.under_shim, recovers)
        every = [(n, how, error) for n in range(1, count + 1) for how, error in WAYS]
        chosen = every if LONG else random.Random(SEED).sample(every, runs)
        lives, wrong = live_all(Rig.under_shim, [{"fail": f"{n}:{error}:{how}"} for n, how, error in chosen], ENDS, recovers)
        died = sum(any(end != 0 for end in life.ends) for life in lives)
        struck = sum(life.struck is not None for life in lives)
        self.assertTrue(figure(row, not wrong and died > 0, calls=count, runs=struck, brokers_ended=died,
                               violations=len(wrong)), "\n\n".join(map(str, wrong[:5])))

    def test_any_call_may_fail(self):
        self.sweep("I/O sweep", recovers=False, runs=40)

    def test_any_call_of_a_recovery_may_fail(self):
        self.sweep("I/O sweep: recovery", recovers=True, runs=24)

    def test_a_commit_of_which_nobody_knows_is_done_once(self):
        """The write happened, and is said to have failed: the broker ends, and never says "not stored"."""
        settings = []
        for call in ("meta", "front"):
            count = count_calls(Rig.under_shim, fail=f"1000000:EIO:once:{call}")
            numbers = range(1, count + 1) if LONG else random.Random(SEED).sample(range(1, count + 1), min(count, 6))
            settings += [{"fail": f"{n}:EIO:after:{call}"} for n in numbers]
        lives, wrong = live_all(Rig.under_shim, settings, ENDS)
        struck = [run for run in lives if run.struck]
        went_on = [run.settings for run in struck if not any(end in (4, 6) for end in run.ends)]
        repeats = sum(line[6] == "1" for run in lives for line in run.lines if line[0] == "receipt")
        holds = not wrong and not went_on and struck
        self.assertTrue(figure("unknown commit", holds, runs=len(struck), violations=len(wrong), went_on=len(went_on),
                               retries_deduplicated=repeats), f"{went_on}\n" + "\n\n".join(map(str, wrong[:5])))


if __name__ == "__main__":
    tap.main()
