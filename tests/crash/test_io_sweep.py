"""Every call that the broker makes on its store's files fails: once, from then on, in part, or done and said to have failed.
Nothing that was promised is lost, no store is unopenable, and of what nobody knows the client's retry finds out."""

import concurrent.futures
import random
import unittest

from rig import JOBS, LONG, SEED, Rig, choose, figure, tap

EVENTS = 24
LOAD = ("--count", EVENTS, "--in-flight", 4, "--gap-us", 15000)
# Ended well; would not open the store; a commit of which nobody knows. Nothing else is an end.
ENDS = {0, 4, 6}
WAYS = [(how, error) for how in ("once", "ever", "short", "after") for error in ("EIO", "ENOSPC")]


class Run:
    """One life of a store, with one call that fails."""

    def __init__(self, **settings):
        self.settings, self.ends, self.struck = settings, [], None
        with Rig("sweep", keys=()) as rig:
            self.rig = rig
            self.source = rig.source("s", *LOAD)
            rig.worker_of("fire", "hand")
            rig.under_shim(**settings)
            self.live()
            self.finish()
            rig.cut_clients()
            self.lines = rig.promises()
            self.verdict = rig.verify()
        self.judge()

    def start(self):
        """False when the store did not open, or the broker ended before it was ready."""
        try:
            self.rig.start()
        except AssertionError:
            self.note_end()
            return False
        return True

    def note_end(self):
        self.take_end(self.rig.process.wait())

    def take_end(self, status):
        """A broker that is ending by itself may be told to stop meanwhile."""
        said, self.rig.process = self.rig.process.err, None
        self.last = said.last()
        self.struck = self.struck or next((line for line in said.seen if line.startswith("shim struck")), None)
        self.ends.append(6 if status == -15 and "commit unknown=1" in self.last else status)
        self.rig.without_shim()

    def live(self):
        """Until the source has an answer to everything: the broker is started anew when it ends."""
        if not self.start():
            self.rig.start()
        while self.source.alive():
            if not self.rig.process.alive():
                self.note_end()
                self.rig.start()
            try:
                self.source.process.wait(0.02)
            except Exception:
                continue

    def finish(self):
        """A stop flushes what is left; that may fail as well, and then another broker does it."""
        self.take_end(self.rig.process.terminate())
        if self.ends[-1] != 0:
            self.rig.start().stop()

    def judge(self):
        receipts = {line[4] for line in self.lines if line[0] == "receipt"}
        told = f"{self.settings}: ends {self.ends}\n{self.last}\n{self.verdict}"
        assert set(self.ends) <= ENDS, told
        assert len(receipts) == EVENTS, told
        assert not [line for line in self.lines if line[0] == "refused"], told
        assert self.verdict.exit == 0, told


def calls(**settings):
    """How many calls an undisturbed life makes."""
    with Rig("count", keys=()) as rig:
        rig.under_shim(count=rig.path("count"), **settings).start()
        rig.worker_of("fire", "hand")
        assert rig.source("s", *LOAD).wait() == 0
        rig.cut_clients()
        rig.stop()
        with open(rig.path("count"), encoding="ascii") as file:
            return int(file.read())


def try_all(settings):
    """Runs them, some at a time; the runs and what was wrong."""
    wrong, runs = [], []

    def one(setting):
        try:
            return Run(**setting)
        except (AssertionError, TimeoutError) as error:
            return error

    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        for done in pool.map(one, settings):
            (runs if isinstance(done, Run) else wrong).append(done)
    return runs, wrong


class Sweep(unittest.TestCase):
    def test_any_call_may_fail(self):
        count = calls()
        every = [(n, how, error) for n in range(1, count + 1) for how, error in WAYS]
        chosen = every if LONG else random.Random(SEED).sample(every, choose(48, 0))
        runs, wrong = try_all([{"fail": f"{n}:{error}:{how}"} for n, how, error in chosen])
        died = sum(any(end != 0 for end in run.ends) for run in runs)
        struck = sum(run.struck is not None for run in runs)
        self.assertTrue(figure("I/O sweep", not wrong, calls=count, runs=struck, brokers_ended=died,
                               violations=len(wrong)), "\n\n".join(map(str, wrong[:5])))
        self.assertGreater(died, 0)

    def test_a_commit_of_which_nobody_knows_is_done_once(self):
        """The write happened, and is said to have failed: the broker ends, and never says "not stored"."""
        settings = []
        for call in ("meta", "front"):
            count = calls(fail=f"1000000:EIO:once:{call}")
            numbers = range(1, count + 1) if LONG else random.Random(SEED).sample(range(1, count + 1), min(count, 6))
            settings += [{"fail": f"{n}:EIO:after:{call}"} for n in numbers]
        runs, wrong = try_all(settings)
        struck = [run for run in runs if run.struck]
        went_on = [run.settings for run in struck if not any(end in (4, 6) for end in run.ends)]
        repeats = sum(line[-1] == "1" for run in runs for line in run.lines if line[0] == "receipt")
        holds = not wrong and not went_on and struck
        self.assertTrue(figure("unknown commit", holds, runs=len(struck), violations=len(wrong), went_on=len(went_on),
                               retries_deduplicated=repeats), f"{went_on}\n" + "\n\n".join(map(str, wrong[:5])))


if __name__ == "__main__":
    tap.main()
