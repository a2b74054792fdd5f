"""Real rows through the real broker: what they publish, where it is sent, what a repeat gets. Skipped without the data."""

import csv
import os
import subprocess
import sys
import tempfile
import unittest

import tap
from broker import DATA, ROOT, Broker

REAL = os.path.join(ROOT, "tests/real")


class Real(unittest.TestCase):
    script = None

    @classmethod
    def setUpClass(cls):
        if cls.script is None or not os.path.isdir(os.path.join(DATA, "samples")):
            raise unittest.SkipTest(f"no real data at {DATA} (BIHUAN_DATA names another folder)")
        cls.made = tempfile.TemporaryDirectory(prefix="bihuan-real-")
        subprocess.run([sys.executable, os.path.join(REAL, cls.script), DATA, cls.made.name], check=True)
        cls.broker = Broker(config=cls.made.name, keys=()).start()
        with open(os.path.join(cls.made.name, "expected.tsv"), encoding="utf-8", newline="") as file:
            cls.expected = {row[0]: row for row in csv.reader(file, delimiter="\t")}
        cls.first = cls.publish()
        cls.rows = {row["head"]["event_id"]: row for row in cls.broker.cli("ls", "--limit", "0", "--json").lines}

    @classmethod
    def tearDownClass(cls):
        if cls.script:
            cls.broker.__exit__(None, None, None)
            cls.made.cleanup()

    @classmethod
    def publish(cls):
        return {line["id"]: line for line in cls.broker.cli("publish", "--csv", os.path.join(DATA, "samples", cls.csv),
                                                            "--map", cls.map(), "--json").lines}

    @classmethod
    def lead(cls, id):
        return next((task["unit"] for task in cls.rows[id].get("tasks", ()) if task["role"] == "lead"), None)

    def at_least(self, share, hits, of, what):
        print(f"# {what}: {hits} of {of}, {hits / of:.2%}; at least {share:.1%}")
        self.assertGreaterEqual(hits / of, share, what)


class Pingshan(Real):
    script, csv = "make_pingshan.py", "pingshan_dev_2000.csv"

    @classmethod
    def map(cls):
        return os.path.join(REAL, "pingshan.map.yaml")

    def test_pingshan_every_row_gets_a_receipt_and_an_incident_of_its_own(self):
        self.assertEqual(len(self.first), 2000)
        self.assertEqual(len({receipt["incident"] for receipt in self.first.values()}), 2000)

    def test_pingshan_publishing_again_gives_the_same_receipts_and_nothing_new(self):
        before = self.broker.cli("overview", "--json").json["overview"]["accepted"]
        again = self.publish()
        self.assertTrue(all(receipt["repeat"] for receipt in again.values()))
        for id, receipt in self.first.items():
            self.assertEqual((receipt["incident"], receipt["seq"]), (again[id]["incident"], again[id]["seq"]))
        self.assertEqual(self.broker.cli("overview", "--json").json["overview"]["accepted"], before)

    def test_pingshan_leads_equal_the_disposing_unit(self):
        hits = sum(self.lead(id) == row[3] for id, row in self.expected.items())
        self.at_least(0.84, hits, len(self.expected), "leads that equal the row's unit")

    def test_pingshan_hardly_any_is_unrouted(self):
        routed = sum(row["head"]["state"] != "unrouted" for row in self.rows.values())
        self.at_least(0.99, routed, len(self.rows), "routed")


class NewYork(Real):
    script, csv = "make_nyc.py", "nyc311_dev_3070.csv"

    @classmethod
    def map(cls):
        return os.path.join(cls.made.name, "nyc.map.yaml")

    def with_point(self):
        return {id: row for id, row in self.expected.items() if row[2] != ","}

    def test_new_york_every_row_is_accepted(self):
        self.assertEqual(len(self.first), len(self.expected))

    def test_new_york_the_borough_from_the_point_is_the_rows(self):
        both = [id for id, row in self.with_point().items() if row[4]]
        hits = sum(self.rows[id]["head"].get("area") == self.expected[id][4] for id in both)
        self.at_least(0.995, hits, len(both), "boroughs")

    def test_new_york_rows_without_a_point_are_unrouted(self):
        without = self.expected.keys() - self.with_point().keys()
        self.assertTrue(without)
        for id in without:
            self.assertEqual(self.rows[id]["head"]["state"], "unrouted", id)

    def test_new_york_a_point_sends_to_the_agency(self):
        hits = sum(self.lead(id) == row[3] for id, row in self.with_point().items())
        self.at_least(0.99, hits, len(self.with_point()), "leads that equal the row's agency")


if __name__ == "__main__":
    tap.main()
