"""The second implementation, written from PROTOCOL.md alone (workers/python), against the real broker over CURVE."""

import json
import os
import subprocess
import sys
import unittest

import tap
from broker import LIMIT_S, ROOT, Broker, Result

PEERS = os.path.join(ROOT, "workers/python")
AREA = "620899001001"


class Peers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.broker = Broker(tcp=True).start()

    @classmethod
    def tearDownClass(cls):
        cls.broker.__exit__(None, None, None)

    def publish(self, *events, as_="camera"):
        """Runs the Python publisher; its answers, one dict each."""
        return Result(subprocess.run([sys.executable, os.path.join(PEERS, "bihuan_publisher.py")],
                                     input="".join(json.dumps(event) + "\n" for event in events), capture_output=True,
                                     encoding="utf-8", env=self.broker.environment(as_), timeout=LIMIT_S, check=False))

    def worker(self, department, *flags, as_):
        return self.broker.run(sys.executable, os.path.join(PEERS, "bihuan_worker.py"), "--department", department, *flags,
                               as_=as_)

    def test_the_whole_loop(self):
        published = self.publish({"id": "py-1", "type": "1.01", "area": AREA, "text": "通道堵塞"})
        self.assertEqual(published.exit, 0, published)
        incident = published.lines[0]["incident"]
        worker = self.worker("fire", "--once", "1", "--name", "py", as_="fire")
        self.assertEqual(worker.wait(), 0, worker.err.last())
        head = self.broker.head(incident)
        self.assertEqual((head["state"], head["outcome"]), ("closed", "resolved"))
        kinds = [record["kind"] for record in self.broker.timeline(incident)]
        for kind in ("opened", "offered", "responded", "arrived", "fed_back"):
            self.assertEqual(kinds.count(kind), 1, kinds)

    def test_it_reads_ids_as_we_write_them(self):
        answer, = self.publish({"id": "py-2", "type": "2.01", "area": AREA}).lines
        again, = self.broker.publish({"id": "py-2", "type": "2.01", "area": AREA}, as_="camera")
        self.assertEqual((again["incident"], again["repeat"]), (answer["incident"], True), "the same event to both")

    def test_what_is_refused_is_named_and_the_rest_goes_on(self):
        result = self.publish({"id": "py-3", "type": "9.99", "area": AREA}, {"id": "py-4", "type": "2.01", "area": AREA})
        self.assertNotEqual(result.exit, 0)
        self.assertIn("unknown_type", result.out)
        self.assertTrue(any("incident" in line for line in result.lines))

    def test_two_hundred_in_flight(self):
        result = self.publish(*({"id": f"many-{n}", "type": "2.01", "area": AREA} for n in range(200)))
        self.assertEqual(result.exit, 0, result)
        self.assertEqual(len({line["incident"] for line in result.lines}), 200)

    def test_a_broker_that_restarts_under_it(self):
        worker = self.worker("fire", "--name", "steady", as_="fire")
        trail = self.broker.follow("end")
        answer, = self.publish({"id": "py-6", "type": "1.01", "area": AREA}).lines
        trail.until(kind="fed_back", incident=answer["incident"])
        self.broker.kill()
        self.broker.start()
        answer, = self.publish({"id": "py-7", "type": "1.01", "area": AREA}).lines
        trail = self.broker.follow("0")
        trail.until(kind="fed_back", incident=answer["incident"])
        self.assertEqual(worker.terminate(), 0, worker.err.last())


if __name__ == "__main__":
    tap.main()
