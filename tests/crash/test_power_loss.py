"""Loss of power: what a broker does to its store's files is recorded, and every state that a loss may leave — all that was
durable by then, and of the rest any sectors — opens, is well, and has all that was promised by then."""

import json
import subprocess
import unittest

from rig import JOBS, LONG, SEED, Rig, choose, figure, program, tap

STATES = choose(250, 5000)  # of each of two recordings

PACE = 60  # events a second, of each source


def record(rig, seconds):
    """A load of three sources and two workers under the shim."""
    rig.under_shim(trace=rig.path("trace"))
    rig.start()
    sources = [rig.source(f"camera-{seconds}-{n}", "--count", PACE * seconds, "--in-flight", 4 ** n,
                          "--gap-us", 1000000 // PACE) for n in range(3)]
    for n in range(2):
        rig.worker_of("fire", f"hand-{n}")
    for source in sources:
        assert source.wait(60) == 0


def replay(rig, *flags, states=STATES, ok=True):
    """The states of the recording; what power_loss.c counts."""
    work = rig.path("states")
    subprocess.run(["mkdir", "-p", work], check=True)
    done = subprocess.run([program("power_loss"), "--states", str(states), "--seed", str(SEED), "--jobs", str(JOBS), *flags,
                           rig.path("trace"), work, *rig.logs], capture_output=True, encoding="utf-8", check=False)
    said = "\n".join(line for line in done.stderr.splitlines() if not line.startswith("level="))[-3000:]
    assert done.stdout, said
    counts = json.loads(done.stdout.splitlines()[-1])
    if ok and done.returncode != 0:
        raise AssertionError(f"{counts}\n{said}")
    return counts


class PowerLoss(unittest.TestCase):
    def test_a_loss_at_any_moment_takes_nothing_that_was_promised(self):
        """A store is made, works, and stops: and again after a kill, so that recovery is cut short too."""
        sums = {}
        with Rig("power") as rig:
            record(rig, 2)
            rig.cut_clients()
            rig.stop()
            counts = [replay(rig)]
            rig.without_shim().start()
            rig.worker_of("fire", "later")
            rig.source("later", "--count", 100).wait(60)
            rig.kill()
            rig.cut_clients()
            base = rig.copy_store("base")
            record(rig, 1)
            rig.cut_clients()
            rig.stop()
            counts.append(replay(rig, "--base", base))
        for count in counts:
            for name, value in count.items():
                sums[name] = sums.get(name, 0) + value
        self.assertGreater(sums["torn"], sums["states"] // 20)
        bad = sums["lost"] + sums["doubled"] + sums["unopenable"] + sums["faults"] + sums["died"]
        self.assertTrue(figure("power loss", bad == 0 and sums["promises"] > 0 and (not LONG or sums["states"] >= 10000), **sums))

    def test_a_disk_that_lies_is_noticed(self):
        """The campaign can fail: when flushes of the log, or of the tables, keep nothing, promises are lost."""
        with Rig("liar") as rig:
            record(rig, 1)
            rig.cut_clients()
            rig.stop()
            for liar in ("front", "data"):
                counts = replay(rig, "--liar", liar, states=60, ok=False)
                self.assertGreater(counts["lost"] + counts["unopenable"] + counts["faults"], 0, (liar, counts))


if __name__ == "__main__":
    tap.main()
