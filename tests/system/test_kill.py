"""kill -9 of the broker, again and again under a publishing load: every receipt given is there after the restart, no
incident twice, every rung once."""

import collections
import json
import os
import random
import subprocess
import threading
import unittest

import tap
from broker import Broker, binary, incidents_of

KILLS = int(os.environ.get("BIHUAN_KILLS", "20"))
SEED = int(os.environ.get("BIHUAN_SEED", "1"))
BETWEEN = (20, 400)  # receipts between two kills


class Publisher:
    """`bihuan publish` fed without end; its log is flushed to the disk before a receipt is shown."""

    def __init__(self, broker, source):
        self.source, self.sent, self.receipts, self.stop = source, 0, 0, False
        self.log = os.path.join(broker.folder, f"receipts-{source}")
        self.process = subprocess.Popen(
            [binary("bihuan"), "publish", "--json", "--log", self.log, "--in-flight", "64", "--timeout", "30"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=open(self.log + "-errors", "w"), encoding="utf-8",
            env=broker.environment(source))
        broker.children.append(self)
        self.feeder = threading.Thread(target=self.feed, daemon=True)
        self.feeder.start()

    def feed(self):
        """Writes events until told to stop; one in fifty has clocks that run out within seconds."""
        with self.process.stdin as stdin:
            while not self.stop:
                type = "5" if self.sent % 50 == 0 else "2.01"
                event = {"id": f"{self.source}-{self.sent}", "type": type, "area": "620899001001"}
                stdin.write(json.dumps(event) + "\n")
                stdin.flush()
                self.sent += 1

    def more(self, count):
        """Reads so many receipts more."""
        for _ in range(count):
            assert self.process.stdout.readline(), "publish ended"
            self.receipts += 1

    def finish(self):
        """Every receipt of its log."""
        self.stop = True
        self.receipts += len(self.process.stdout.readlines())
        self.feeder.join()
        with open(self.log + "-errors", encoding="utf-8") as said:
            assert self.process.wait() == 0, said.read()
        with open(self.log, encoding="utf-8") as log:
            return [json.loads(line) for line in log]

    def alive(self):
        return self.process.poll() is None

    def kill(self):
        self.process.kill()
        self.process.wait()


class Kill(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        dice = random.Random(SEED)
        cls.broker = Broker(tcp=True).start()
        publishers = [Publisher(cls.broker, source) for source in ("hotline", "camera")]
        for _ in range(KILLS):
            dice.choice(publishers).more(dice.randint(*BETWEEN))
            cls.broker.kill()
            cls.broker.start()
        for publisher in publishers:
            publisher.more(100)
        cls.logs = {publisher.source: publisher.finish() for publisher in publishers}
        cls.sent = {publisher.source: publisher.sent for publisher in publishers}
        cls.broker.restart()
        cls.records = cls.broker.records()
        cls.opened = {(record["principal"], record["request"]): record
                      for record in cls.records if record["kind"] == "opened"}
        cls.broker.stop()

    @classmethod
    def tearDownClass(cls):
        cls.broker.close()

    def test_every_receipt_given_is_there(self):
        for source, receipts in self.logs.items():
            for receipt in receipts:
                record = self.opened.get((source, receipt["id"]))
                self.assertIsNotNone(record, receipt)
                self.assertEqual((incidents_of(record)[0], record["seq"]), (receipt["incident"], receipt["seq"]))

    def test_every_event_got_one_receipt(self):
        self.assertEqual({source: len(receipts) for source, receipts in self.logs.items()}, self.sent)

    def test_no_incident_twice(self):
        opened = [record for record in self.records if record["kind"] == "opened"]
        self.assertEqual(len(opened), len(self.opened), "an event opened two incidents")
        ids = collections.Counter(incidents_of(record)[0] for record in opened)
        self.assertEqual([id for id, times in ids.items() if times > 1], [])

    def test_every_rung_once_and_none_left_out(self):
        rungs = collections.defaultdict(list)
        for record in self.records:
            if record["kind"] == "rung":
                rung = record["rung"]
                rungs[incidents_of(record)[0], rung["clock"], rung.get("task", 0)].append(rung["number"])
        self.assertTrue(rungs)
        for clock, numbers in rungs.items():
            self.assertEqual(numbers, list(range(1, len(numbers) + 1)), clock)

    def test_the_trail_is_dense_and_each_start_is_on_it(self):
        self.assertEqual([record["seq"] for record in self.records], list(range(1, len(self.records) + 1)))
        starts = [record["term"] for record in self.records if record["kind"] == "started"]
        self.assertEqual(starts, list(range(1, KILLS + 3)))

    def test_the_store_checks_clean(self):
        result = self.broker.check_store()
        self.assertEqual(result.exit, 0, result)


if __name__ == "__main__":
    tap.main()
