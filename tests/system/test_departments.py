"""The example departments at work for a real broker, a hundred times faster than people; and the runner's log, which must
tell the same story as the broker's trail."""

import json
import os
import unittest

import tap
from broker import ROOT, Broker

DEPARTMENTS = os.path.join(ROOT, "workers", "departments")
PACE = {"BIHUAN_PACE": "0.01"}


class Departments(unittest.TestCase):
    def setUp(self):
        self.broker = Broker(tcp=True).start()
        self.log = os.path.join(self.broker.folder, "worker.log")

    def tearDown(self):
        self.broker.__exit__(None, None, None)

    def work(self, handler, events, flags=()):
        """Publishes, lets one department work until nothing waits any more; the incidents."""
        incidents = [answer["incident"] for answer in self.broker.publish(
            *({"id": f"event-{n}", "type": "1.01", "area": "620899001001"} for n in range(events)))]
        command = [os.path.join(DEPARTMENTS, handler)] if "." in handler else ["/bin/sh", "-c", handler]
        worker = self.broker.worker("fire", *command, as_="fire", name="people", env=PACE,
                                    flags=["--credit", "4", "--log", self.log, *flags])
        trail = self.broker.follow()
        for _ in range(events):
            self.ended(trail)
        trail.close()
        self.assertEqual(worker.terminate(), 0)
        return incidents

    def ended(self, trail):
        """Waits until one more task is at an end."""
        trail.process.out.until(lambda line: json.loads(line).get("kind") in ("fed_back", "returned", "shelved"))

    def kinds(self, incident):
        return [record["kind"] for record in self.broker.timeline(incident)]

    def log_lines(self):
        with open(self.log, encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def test_a_prompt_department_closes_everything(self):
        for incident in self.work("prompt.sh", 8):
            self.assertEqual(self.broker.head(incident)["state"], "closed")
            for kind in ("responded", "arrived", "handling", "fed_back"):
                self.assertEqual(self.kinds(incident).count(kind), 1)

    def test_a_slow_department_closes_everything_too(self):
        for incident in self.work("slow.sh", 4):
            self.assertEqual(self.broker.head(incident)["state"], "closed")
            self.assertIn("noted", self.kinds(incident))

    def test_a_returning_department_returns_some(self):
        incidents = self.work("returning.py", 16)
        returned = [incident for incident in incidents if "returned" in self.kinds(incident)]
        closed = [incident for incident in incidents if self.broker.head(incident)["state"] == "closed"]
        self.assertTrue(returned and closed)
        self.assertEqual(len(returned) + len(closed), len(incidents))

    def test_a_dying_department_loses_tasks_and_gets_them_back(self):
        incidents = self.work("dying.py", 24)
        ends = [record for incident in incidents for record in self.broker.timeline(incident)
                if record["kind"] in ("lease_ended", "shelved")]
        self.assertTrue(ends)
        self.assertEqual({record["lease_end"] for record in ends}, {"given_back"})
        notes = [record["text"] for incident in incidents for record in self.broker.timeline(incident)
                 if record["kind"] == "noted"]
        self.assertTrue(any("signal 9" in note for note in notes), notes)
        self.assertTrue(any("status 1: 车辆故障" in note for note in notes), notes)

    def test_the_runners_log_is_the_trail_seen_from_outside(self):
        self.work("returning.py", 12)
        verbs = {"respond": "responded", "arrive": "arrived", "handle": "handling", "note": "noted",
                 "feedback": "fed_back", "return": "returned"}
        logged = {(line["seq"], verbs[line["verb"]], line["incident"]) for line in self.log_lines()
                  if line["log"] == "word"}
        records = self.broker.records()
        recorded = {(record["seq"], record["kind"], record["changes"][0]["incident"]) for record in records
                    if record["kind"] in verbs.values()}
        self.assertEqual(logged, recorded)
        offered = {(record["changes"][0]["incident"], record["epoch"]) for record in records if record["kind"] == "offered"}
        delivered = [(line["incident"], line["epoch"]) for line in self.log_lines() if line["log"] == "delivery"]
        self.assertEqual(set(delivered), offered)
        self.assertEqual(len(delivered), len(set(delivered)), "none twice")

    def test_auto_respond_is_marked_in_the_record(self):
        incident, = self.work("echo feedback resolved", 1, flags=["--auto-respond"])
        responded = next(record for record in self.broker.timeline(incident) if record["kind"] == "responded")
        self.assertTrue(responded["auto_respond"])


if __name__ == "__main__":
    tap.main()
