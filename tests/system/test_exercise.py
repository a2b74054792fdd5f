"""An exercise stays one: its store is marked when it is made, and a broker on real time refuses to open it."""

import subprocess
import unittest

import tap
from broker import Broker, Process, binary


class Exercise(unittest.TestCase):
    def refused(self, broker, flags):
        process = Process([binary("bihuand"), *flags])
        self.assertNotEqual(process.wait(), 0)
        return "\n".join(process.err.seen)

    def test_a_broker_on_real_time_refuses_an_exercise_store(self):
        broker = Broker(exercise=True, speed=60)
        try:
            broker.start()
            broker.stop()
            real = [flag for flag in broker.flags if flag not in ("--exercise", "--speed", "60")]
            self.assertIn("exercise", self.refused(broker, real))
        finally:
            broker.close()

    def test_an_exercise_refuses_a_real_store(self):
        broker = Broker()
        try:
            broker.start()
            broker.stop()
            self.assertIn("exercise", self.refused(broker, [*broker.flags, "--exercise"]))
        finally:
            broker.close()

    def test_speed_without_exercise_is_refused(self):
        done = subprocess.run([binary("bihuand"), *Broker(keys=()).flags, "--speed", "60"], capture_output=True, check=False)
        self.assertEqual(done.returncode, 2)

    def test_its_incidents_and_welcome_are_marked_and_time_runs_faster(self):
        with Broker(exercise=True, speed=600) as broker:
            answer, = broker.publish({"id": "x", "type": "1.01", "area": "620899001001"})
            row = broker.row(answer["incident"])
            self.assertTrue(row["head"]["exercise"])
            rung = broker.follow().until(kind="rung", incident=answer["incident"])
            self.assertEqual(rung["rung"]["colour"], "blue")  # half a minute of the broker's: 50 ms


if __name__ == "__main__":
    tap.main()
