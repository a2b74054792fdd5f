"""Scheduling classes: helper threads and ZeroMQ's are of the batch class where the process is of the ordinary one, and nowhere
else: libzmq ends a process that may not change its class."""

import os
import shutil
import subprocess
import unittest

import tap
from broker import Broker

HANDLER = ("sh", "-c", "echo respond; echo handle; echo feedback resolved")


def classes(process):
    """Of its threads."""
    return {os.sched_getscheduler(int(thread)) for thread in os.listdir(f"/proc/{process.pid}/task")}


class Scheduling(unittest.TestCase):
    def works(self, *under):
        """Broker and worker, each under the class: an incident goes round. The classes of their threads."""
        if under and (not shutil.which("chrt") or subprocess.run([*under, "true"], capture_output=True, check=False).returncode):
            self.skipTest(f"{' '.join(under)} is not permitted here")
        broker = Broker(tcp=True)
        broker.under = under
        with broker:
            trail = broker.follow()
            worker = broker.worker("fire", *HANDLER, as_="fire")
            answer, = broker.publish({"id": "s1", "type": "1.01", "area": "620899001001"})
            trail.until(kind="fed_back", incident=answer["incident"])
            of_broker, of_worker = classes(broker.process), classes(worker)
            self.assertEqual(worker.terminate(), 0)
            trail.close()
        return of_broker, of_worker

    def test_ordinary(self):
        both = {os.SCHED_OTHER, os.SCHED_BATCH}
        self.assertEqual(self.works(), (both, both))

    def test_real_time(self):
        self.assertEqual(self.works("chrt", "-r", "1"), ({os.SCHED_RR}, {os.SCHED_RR}))

    def test_idle(self):
        self.assertEqual(self.works("chrt", "-i", "0"), ({os.SCHED_IDLE}, {os.SCHED_IDLE}))

    def test_batch(self):
        self.assertEqual(self.works("chrt", "-b", "0"), ({os.SCHED_BATCH}, {os.SCHED_BATCH}))


if __name__ == "__main__":
    tap.main()
