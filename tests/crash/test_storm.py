"""A camera that raises ten thousand alarms at once, within its quota: all of them are on the trail, other sources wait hardly
longer than ever, and people are told of it a few times, not ten thousand."""

import time
import unittest

from rig import PATIENCE_S, Rig, choose, figure, tap
from waits import Machine, hold_against, receipts

ALARMS = 10_000
BURSTS = 4
PER_S = 1000  # the camera's quota, by the clock on the wall
SPEED = choose(60, 1)  # in CI ten minutes take ten seconds
TEN_MINUTES_S = 600 / SPEED
CALM_S = choose(1.5, 5)
NOTICES_MAX = 10
REFUSED_MAX = 3 * ALARMS  # who is told when to come again is not refused over and over
RATIO_MAX = 1.5


class City(Rig):
    """The camera's alarms of one place fold; nobody works at the unit that they go to."""

    def __init__(self):
        exercise = {"exercise": True, "speed": SPEED} if SPEED > 1 else {}
        super().__init__("storm", tcp=True, http=True, **exercise)
        quota = f"quota: {PER_S * 60 // SPEED}/m, exercise: true"
        self.edit("principals.yaml", "types: [1, 2, 5, 6], panic: true", "types: [1, 2, 5, 6], panic: true, " + quota)
        with open(f"{self.config}/folds.yaml", "w", encoding="ascii") as file:
            file.write("folds:\n  - {type: 1.01, window: 30m, place: community}\n")


class Storm(unittest.TestCase):
    def test_it_is_on_the_trail_and_starves_nobody(self):
        calm, storm, machine = [], [], Machine()
        with City() as rig:
            rig.start()
            began = time.monotonic()
            probe = rig.source("normal", "--in-flight", 1024, "--gap-us", 20000, type="2.01", as_="hotline")
            for number in range(BURSTS):
                at = time.monotonic()
                time.sleep(CALM_S)
                calm.append((at, time.monotonic()))
                camera = rig.source(f"alarm-{number}", "--count", ALARMS // BURSTS, "--in-flight", 1024, as_="camera", type="1.01")
                at = time.monotonic()
                assert camera.wait(PATIENCE_S) == 0
                storm.append((at, time.monotonic()))
            rig.clients = [probe]
            time.sleep(max(0, began + TEN_MINUTES_S - time.monotonic()))
            refused = rig.metric('refused_total{code="overloaded"}')
            rig.end_clients()
            rig.stop()
            rig.assert_kept()
            answers = receipts(rig, "normal")
            alarms = sum(len(receipts(rig, f"alarm-{number}")) for number in range(BURSTS))
            told = rig.tally(source="camera")
        ratio, holds, said = hold_against(machine, answers, zip(storm, calm), RATIO_MAX)
        notices = told["told_at_first"] + told["offered"]
        journaled = told["opened"] + told["folded"]
        holds = holds and alarms == journaled == ALARMS and notices <= NOTICES_MAX and refused <= REFUSED_MAX
        self.assertTrue(figure("camera storm", holds, alarms=alarms, journaled=journaled, incidents=told["opened"],
                               notices_in_10_min=notices, told_to_wait=int(refused), p99_ratio=ratio, p99_ms=said), told)


if __name__ == "__main__":
    tap.main()
