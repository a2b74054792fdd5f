"""A backup that is taken under load is whole up to the moment it was asked for, and a store made of it goes on; a loss of power, or
a kill, while one is taken or restored leaves nothing behind that looks whole and is not."""

import json
import os
import random
import re
import subprocess
import time
import unittest

from rig import JOBS, LIMIT_S, PATIENCE_S, SEED, SHIM, Result, Rig, binary, choose, figure, preloaded, program, tap

BACKUPS = choose(3, 20)
KILLS = choose(10, 200)
STATES = choose(100, 3000)
GAP_US = 2000
RUNGS = 5  # of each clock of the seconds that nobody keeps: two warnings, breach, and two levels up


def restore(backup, folder, **options):
    return Result(subprocess.run([binary("bihuand"), "--restore", backup, "--store", folder], capture_output=True,
                                 encoding="utf-8", timeout=LIMIT_S, check=False, **options))


class Backed(Rig):
    """A broker under load, its backups, and what was promised before each was asked for."""

    def load(self):
        self.start()
        for n in range(2):
            self.source(f"camera{n}", "--in-flight", 8, "--gap-us", GAP_US)
        self.source("night", "--in-flight", 2, "--gap-us", 50 * GAP_US, type="5")
        self.worker_of("fire", "hand", credit=8)

    def back_up(self, folder):
        """Its path; the log of what was promised by then."""
        path = os.path.join(folder, "kept")
        asked_ns, log = time.monotonic_ns(), self.path("log-before-" + os.path.basename(folder))
        self.cli("backup", path, "--timeout", PATIENCE_S)
        with open(log, "w", encoding="utf-8") as file:
            file.writelines(" ".join(line) + "\n" for line in self.promises()
                            if line[0] in ("receipt", "word") and int(line[1]) < asked_ns)
        return path, log

    def hold(self, store, log):
        """The oracle, of a store that is not the broker's."""
        result = Result(subprocess.run([program("verify"), store, log], capture_output=True, encoding="utf-8",
                                       timeout=PATIENCE_S, check=False))
        assert result.exit == 0, result
        return json.loads(result.out.splitlines()[-1])


class Backups(unittest.TestCase):
    def test_backups_under_load(self):
        sums = {"backups": BACKUPS, "promises": 0, "overdue": 0, "rungs": 0, "doubled": 0, "points": 0}
        with Backed("backup", keys=()) as rig:
            rig.load()
            kept = []
            for n in range(BACKUPS):
                os.mkdir(rig.path(f"b{n}"))
                rig.clients[2].out.thread.join(0.5)  # the load goes on
                kept.append(rig.back_up(rig.path(f"b{n}")))
            rig.end_clients()
            rig.stop()
            for n, (backup, log) in enumerate(kept):
                restored = rig.path(f"restored{n}")
                said = restore(backup, restored)
                self.assertEqual(said.exit, 0, said)
                point = re.search(r"recovery point: record (\d+) of \S+Z, term 1;", said.out)
                last = max(int(line.split()[2]) for line in open(log, encoding="utf-8"))
                sums["points"] += point is not None and int(point[1]) >= last
                sums["promises"] += rig.hold(rig.copy(restored, "judged"), log)["promises"]
                checked = Result(subprocess.run([binary("bihuand"), "--check-store", restored], capture_output=True,
                                                encoding="utf-8", timeout=PATIENCE_S, check=False))
                self.assertEqual(checked.exit, 0, checked)
            self.let_overdue_fire(rig, restored, sums)
        holds = sums["points"] == BACKUPS and sums["rungs"] == sums["overdue"] > 0 and sums["doubled"] == 0
        self.assertTrue(figure("backup under load", holds, **sums), sums)

    def let_overdue_fire(self, rig, restored, sums):
        """What ran out meanwhile, and what does later: each rung once."""
        rig.flags[rig.flags.index(rig.store)], rig.store = restored, restored
        rig.start()
        live = rig.cli("ls", "--type", "5", "--limit", "0", "--json").lines
        sums["overdue"] = sum("incident" in row for row in live) * 4 * RUNGS
        ends, fired = time.monotonic() + LIMIT_S, []
        while len(fired) < sums["overdue"] and time.monotonic() < ends:
            fired = [(record["changes"][0]["incident"], record["rung"]["clock"], record["rung"]["number"])
                     for record in rig.records() if record["kind"] == "rung"]
        sums["rungs"], sums["doubled"] = len(set(fired)), len(fired) - len(set(fired))
        rig.stop()

    def test_a_restore_that_is_killed_leaves_nothing_that_looks_whole(self):
        dice, cut, wrong = random.Random(SEED), 0, 0
        with Backed("cut", keys=()) as rig:
            rig.load()
            rig.clients[2].out.thread.join(1)
            os.mkdir(rig.path("b"))
            backup, log = rig.back_up(rig.path("b"))
            rig.end_clients()
            rig.stop()
            began = time.monotonic()
            self.assertEqual(restore(backup, rig.path("whole")).exit, 0)
            takes_s = time.monotonic() - began
            for n in range(KILLS):
                folder = rig.path(f"cut{n}")
                process = subprocess.Popen([binary("bihuand"), "--restore", backup, "--store", folder],
                                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                try:
                    process.wait(dice.uniform(0, takes_s))
                except subprocess.TimeoutExpired:
                    process.kill()
                cut += process.wait() != 0
                if os.path.exists(folder):  # it was over
                    rig.hold(folder, log)
                    continue
                again = restore(backup, folder)
                wrong += again.exit != 0
                rig.hold(folder, log)
        self.assertTrue(figure("restore, killed", wrong == 0 and cut > 0, kills=KILLS, cut_short=cut, wrong=wrong))

    def test_a_loss_of_power_while_one_is_taken_or_restored(self):
        sums = {}
        with Backed("dark", keys=()) as rig:
            taken, made = rig.path("taken"), rig.path("made")
            os.mkdir(taken)
            os.mkdir(made)
            rig.env = preloaded(SHIM, SHIM_FOLDER=taken, SHIM_TRACE=rig.path("trace-taken"))
            rig.load()
            rig.clients[2].out.thread.join(1)
            backup, log = rig.back_up(taken)
            rig.end_clients()
            rig.stop()
            shim = preloaded(SHIM, SHIM_FOLDER=made, SHIM_TRACE=rig.path("trace-made"))
            self.assertEqual(restore(backup, os.path.join(made, "kept"), env=shim).exit, 0)
            for trace in ("trace-taken", "trace-made"):
                for name, count in self.states(rig, trace, log).items():
                    sums[name] = sums.get(name, 0) + count
            liar = self.states(rig, "trace-made", log, "--liar", "data")
        bad = sums["lost"] + sums["doubled"] + sums["unopenable"] + sums["faults"] + sums["died"]
        noticed = liar["lost"] + liar["unopenable"] + liar["faults"] + liar["died"]
        holds = bad == 0 and noticed > 0 and 0 < sums["absent"] < sums["states"]
        self.assertTrue(figure("backup, power loss", holds, **sums, noticed_of_a_liar=noticed), sums)

    def states(self, rig, trace, log, *flags):
        work = rig.path("states")
        os.makedirs(work, exist_ok=True)
        done = Result(subprocess.run([program("power_loss"), "--states", str(STATES), "--seed", str(SEED), "--jobs", str(JOBS),
                                      "--sub", "kept", *flags, rig.path(trace), work, log], capture_output=True,
                                     encoding="utf-8", errors="replace", timeout=PATIENCE_S, check=False))
        self.assertTrue(done.out, done)
        if not flags:
            self.assertEqual(done.exit, 0, done)
        return json.loads(done.out.splitlines()[-1])


if __name__ == "__main__":
    tap.main()
