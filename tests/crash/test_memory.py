"""Where memory ends: an allocation that fails ends the broker, or one request, and never makes a promise false; under a flood what
is held in memory stays within what limits.h states; under a cap the broker dies, and nothing it promised with it."""

import random
import subprocess
import unittest

from life import count_calls, live_all
from rig import BUILD, LONG, SEED, Rig, anonymous_mib, choose, figure, tap

# As of the sweep, and a panic; a configuration that could not be read, a socket that could not be opened.
# Some libraries do not look whether there was memory; that is their way to end the broker.
ENDS = {0, 3, 4, 5, 6, -6, "in libpgm-5.3.so.0", "in libzmq.so.5"}
FLOOD_S = choose(3, 30)
# What may be held at once beside what is live: answers that wait, two batches and their log, turns; and the program itself.
HELD_MAX_MIB = 64 + 2 * 2 * 32 + 64
LIVE_BYTES = 2048  # of an incident, at most
CAP_MIB = 48


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
        numbers = sorted(dice.sample(range(1, count), choose(24, 1500)))
        settings = [{"fail": f"{n}:{dice.choice(('once', 'ever'))}"} for n in numbers]
        lives, wrong = live_all(scarce, settings, ENDS)
        struck = [life for life in lives if life.struck]
        died = sum(any(end != 0 for end in life.ends) for life in struck)
        libraries = sum(any(isinstance(end, str) for end in life.ends) for life in struck)
        self.assertTrue(figure("memory: allocation fails", not wrong and died > 0, allocations=count, runs=len(struck),
                               brokers_ended=died, in_libraries=libraries, violations=len(wrong)), "\n\n".join(map(str, wrong[:5])))

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
        with Flood("cap", keys=()) as rig:
            rig.start()
            subprocess.run(["prlimit", f"--pid={rig.pid()}", f"--data={CAP_MIB << 20}"], check=True)
            rig.flood()
            status = rig.process.wait(120)
            said = rig.process.err.last()
            rig.process = None
            rig.reader.kill()
            rig.start()
            rig.end_clients()
            rig.stop()
            kept = rig.assert_kept()
        self.assertTrue(figure("memory: cap", status in ENDS - {0}, cap_mib=CAP_MIB, exit=status, **kept), said)


if __name__ == "__main__":
    tap.main()
