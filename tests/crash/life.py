"""A life of a store in which something fails: the broker ends, or not, and is started anew; its clients go on until they have an
answer to everything. Then all that was promised is there, once."""

import concurrent.futures
import os
import subprocess

from rig import JOBS, Rig

EVENTS = 24
LOAD = ("--count", EVENTS, "--in-flight", 4, "--gap-us", 15000)


class Life:
    """One life of a store, in which the broker is hindered as the settings say until it ends, and started anew without."""

    def __init__(self, hinder, settings, ends, recovers=False):
        self.settings, self.allowed, self.ends, self.struck = settings, ends, [], None
        with Rig("life", keys=()) as rig:
            self.rig = rig
            if recovers:
                die_before(rig)
            self.source = rig.source("s", *LOAD)
            rig.worker_of("fire", "hand")
            hinder(rig, **settings)
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
        if status == -11:
            status = next((f"in {os.path.basename(line.split('whose=')[1])}" for line in said.seen if " whose=" in line), status)
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
            except subprocess.TimeoutExpired:
                continue

    def finish(self):
        """A stop flushes what is left; that may fail as well, and then another broker does it."""
        self.take_end(self.rig.process.terminate())
        if self.ends[-1] != 0:
            self.rig.start().stop()

    def judge(self):
        receipts = {line[4] for line in self.lines if line[0] == "receipt" and line[4].startswith("s-")}
        told = f"{self.settings}: ends {self.ends}\n{self.last}\n{self.verdict}"
        assert set(self.ends) <= self.allowed, told
        assert len(receipts) == EVENTS, told
        assert not [line for line in self.lines if line[0] == "refused"], told
        assert self.verdict.exit == 0, told


def die_before(rig):
    """Leaves a store whose broker was killed: part of it only in the log in front of the tables."""
    rig.start()
    rig.worker_of("fire", "hand")
    assert rig.source("before", "--count", EVENTS, "--in-flight", 8).wait() == 0
    rig.kill()
    rig.cut_clients()


def count_calls(hinder, recovers=False, **settings):
    """How many calls an undisturbed life makes."""
    with Rig("count", keys=()) as rig:
        if recovers:
            die_before(rig)
        hinder(rig, count=rig.path("count"), **settings)
        rig.start()
        rig.worker_of("fire", "hand")
        assert rig.source("s", *LOAD).wait() == 0
        rig.cut_clients()
        rig.stop()
        with open(rig.path("count"), encoding="ascii") as file:
            return int(file.read())


def live_all(hinder, settings, ends, recovers=False):
    """Lives them, some at a time; those that were well, and what was wrong with the others."""
    wrong, lives = [], []

    def one(setting):
        try:
            return Life(hinder, setting, ends, recovers)
        except (AssertionError, TimeoutError) as error:
            return error

    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        for done in pool.map(one, settings):
            (lives if isinstance(done, Life) else wrong).append(done)
    return lives, wrong
