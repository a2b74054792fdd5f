"""Where memory ends: an allocation that fails ends the broker, or one request, and never makes a promise false; under a flood what
is held in memory stays within what limits.h states; under a cap the broker dies, and nothing it promised with it."""

import json
import os
import random
import subprocess
import unittest

from life import count_calls, live_all
from rig import BUILD, JOBS, LONG, PATIENCE_S, ROOT, SEED, Rig, anonymous_mib, choose, figure, program, tap

# As of the sweep, and a panic; a configuration that could not be read, a socket that could not be opened.
# Some libraries do not look whether there was memory; that is their way to end the broker.
ENDS = {0, 3, 4, 5, 6, -6, "in libpgm-5.3.so.0", "in libzmq.so.5"}
FLOOD_S = choose(3, 30)
# docs/DURABILITY.md states them. Beside what is live: answers that wait, two batches and their log, turns; and the program itself.
HELD_MAX_MIB = 64 + 2 * 2 * 32 + 64
LIVE_BYTES = 2048  # of an incident, at most
CAPS_MIB = choose((48,), (24, 48, 96, 192))


def scarce(rig, **settings):
    """An allocation of the next start fails."""
    rig.under_shim(**settings)
    rig.env["LD_PRELOAD"] = f"{BUILD}/crash/alloc_shim.so"
    return rig


class Flood(Rig):
    """Sources that send as fast as they can, long texts, and a feed that never reads."""

    def flood(self):
        for n in range(4):
            self.source(f"flood-{n}", "--in-flight", 1024, "--text", 4000)
        self.worker_of("fire", "hand", credit=64)
        self.reader = self.run(*self.follow_command())
        self.reader.process.send_signal(19)  # SIGSTOP

    def follow_command(self):
        return [f"{BUILD}/bihuan", "tail", "--from", "0", "--follow", "--json"]


class Memory(unittest.TestCase):
    def test_an_allocation_that_fails_makes_no_promise_false(self):
        count = count_calls(scarce)
        dice = random.Random(SEED)
        numbers = sorted(dice.sample(range(1, count), choose(12, 1500)))
        settings = [{"fail": f"{n}:{dice.choice(('once', 'ever'))}"} for n in numbers]
        lives, wrong = live_all(scarce, settings, ENDS)
        struck = [life for life in lives if life.struck]
        died = sum(any(end != 0 for end in life.ends) for life in struck)
        libraries = sum(any(isinstance(end, str) for end in life.ends) for life in struck)
        self.assertTrue(figure("memory: allocation fails", not wrong and died > 0, allocations=count, runs=len(struck),
                               brokers_ended=died, in_libraries=libraries, violations=len(wrong)), "\n\n".join(map(str, wrong[:5])))

    def test_every_allocation_of_turns_core_and_store(self):
        """In a short life, fresh and after a kill: each fails once, or all from there on."""
        for name, flags in (("fresh", ()), ("recovering", ("--recover",))):
            with Rig("sweep", keys=()) as rig:
                done = subprocess.run([program("alloc_sweep"), *flags, *choose(("--step", "300"), ("--both", "--step", "4")),
                                       "--jobs", str(JOBS), os.path.join(ROOT, "tests/sim/city"), rig.path("sweep")],
                                      capture_output=True, encoding="utf-8", errors="replace", check=False)
            said = json.loads(done.stdout) if done.stdout else {}
            self.assertTrue(figure(f"memory: each, {name}", done.returncode == 0, **said), done.stderr[-3000:])

    def test_a_flood_is_held_within_what_is_stated(self):
        with Flood("flood", http=True, keys=()) as rig:
            rig.start()
            rig.flood()
            peak = 0
            for _ in range(10 * FLOOD_S):
                try:
                    rig.process.process.wait(0.1)
                    raise AssertionError("it died:\n" + rig.process.err.last())
                except subprocess.TimeoutExpired:
                    peak = max(peak, anonymous_mib(rig.pid()))
            live = rig.cli("overview", "--json").json["overview"]["live"]
            rig.end_clients()
            rig.reader.kill()
            rig.stop()
            kept = rig.assert_kept()
        allowed = HELD_MAX_MIB + live * LIVE_BYTES / (1 << 20)
        self.assertTrue(figure("memory: flood", peak < allowed, peak_mib=round(peak, 1), stated_mib=round(allowed, 1),
                               live=live, **kept))

    def test_under_a_cap_it_dies_and_nothing_with_it(self):
        for cap_mib in CAPS_MIB:
            self.die_under(cap_mib)

    def die_under(self, cap_mib):
        with Flood("cap", keys=()) as rig:
            rig.start()
            subprocess.run(["prlimit", f"--pid={rig.pid()}", f"--data={cap_mib << 20}"], check=True)
            rig.flood()
            status = rig.process.wait(PATIENCE_S)
            said = rig.process.err.last()
            rig.process = None
            rig.reader.kill()
            rig.start()
            rig.end_clients()
            rig.stop()
            kept = rig.assert_kept()
        self.assertTrue(figure("memory: cap", status in ENDS - {0}, cap_mib=cap_mib, exit=status, **kept), said)


if __name__ == "__main__":
    tap.main()
