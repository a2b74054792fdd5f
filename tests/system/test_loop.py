"""The closed loop: what a source reports goes to a department, comes back, and closes; every step is on the record."""

import json
import unittest

import tap
from broker import Broker
from protocol import Peer, Worker, encode, publish, refusal


class Loop(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.broker = Broker(tcp=True).start()

    @classmethod
    def tearDownClass(cls):
        cls.broker.__exit__(None, None, None)

    def publish(self, id, type, area="620899001001", **fields):
        answer, = self.broker.publish({"id": id, "type": type, "area": area, "text": "现场情况", **fields})
        return answer["incident"]

    def head(self, incident):
        return self.broker.head(incident)

    def kinds(self, incident):
        return [record["kind"] for record in self.broker.timeline(incident)]

    def test_from_report_to_closed(self):
        incident = self.publish("loop-1", "1.01")
        with Worker(self.broker, "fire", as_="fire") as worker:
            task = worker.next()
            self.assertEqual(task.event.text.decode(), "现场情况")
            for verb in ("respond", "arrive", "handle"):
                self.assertEqual(worker.say(verb, task).kind, "Receipt", verb)
            self.assertEqual(worker.say("feedback", task, outcome="resolved", text="已清理").kind, "Receipt")
        head = self.head(incident)
        self.assertEqual((head["state"], head["outcome"]), ("closed", "resolved"))
        kinds = self.kinds(incident)
        for kind in ("opened", "offered", "responded", "arrived", "handling", "fed_back"):
            self.assertEqual(kinds.count(kind), 1, kinds)

    def test_a_repeat_gets_the_first_receipt_also_after_closing(self):
        event = {"id": "repeat-1", "type": "1.01", "area": "620899001001", "text": "一"}
        first, = self.broker.publish(event)
        again, = self.broker.publish(event)
        self.assertTrue(again["repeat"])
        with Worker(self.broker, "fire", as_="fire") as worker:
            task = worker.next()
            worker.say("respond", task)
            worker.say("feedback", task, outcome="resolved")
        closed, = self.broker.publish(event)
        for name in ("incident", "journal", "term", "seq"):
            self.assertEqual({first[name]}, {again[name], closed[name]}, name)

    def receipts(self, packs, ids):
        """Publishes all at once over one connection: tag → incident of each receipt, and how many frames they took."""
        got, frames = {}, 0
        with Peer(self.broker, "publish", as_="camera", packs=packs) as peer:
            for tag, id in enumerate(ids, 1):
                peer.send(encode(publish(id=id, type="1.01", area="620899001001"), tag=tag))
            while len(got) < len(ids):
                answer, frames = peer.receive(), frames + 1
                for one in answer.body.all if answer.kind == "Receipts" else [answer.body]:
                    got[getattr(one, "tag", answer.tag)] = one.incident
        return got, frames

    def test_receipts_come_packed_to_who_reads_them_so(self):
        ids = [f"pack-{n}" for n in range(1500)]
        packed, few = self.receipts(True, ids)
        again, many = self.receipts(True, ids)
        plain, as_many = self.receipts(False, ids)
        self.assertEqual(len(set(packed.values())), 1500)
        self.assertEqual(again, packed)  # repeats, each alone
        self.assertEqual(plain, packed)
        self.assertLess(few, 1500)
        self.assertEqual((many, as_many), (1500, 1500))

    def test_the_same_id_with_other_content_is_refused(self):
        self.publish("conflict-1", "2.01", text="一")
        result = self.broker.cli("publish", "--json", ok=False,
                                 stdin='{"id":"conflict-1","type":"2.01","area":"620899001001","text":"二"}\n')
        self.assertEqual(result.exit, 1, result)
        self.assertIn("id_conflict", result.out + result.err)

    def test_a_stale_epoch_is_refused(self):
        self.publish("epoch-1", "1.01")
        with Worker(self.broker, "fire", as_="fire") as worker:
            task = worker.next()
            self.assertEqual(refusal(worker.say("respond", task, epoch=task.task.epoch - 1))[0], "stale_epoch")
            self.assertEqual(worker.say("respond", task).kind, "Receipt")
            worker.say("feedback", task, outcome="no_action")

    def test_lead_and_assist_must_both_feed_back(self):
        incident = self.publish("assist-1", "6")
        with Worker(self.broker, "fire", as_="fire") as lead, Worker(self.broker, "police", as_="police") as assist:
            ours, theirs = lead.next(), assist.next()
            lead.say("respond", ours)
            lead.say("feedback", ours, outcome="resolved")
            self.assertEqual(self.head(incident)["state"], "open")
            assist.say("respond", theirs)
            assist.say("feedback", theirs, outcome="resolved")
        self.assertEqual(self.head(incident)["state"], "closed")

    def test_somebody_else_verifies(self):
        incident = self.publish("verify-1", "2.02")
        with Worker(self.broker, "police", as_="police") as worker:
            task = worker.next()
            worker.say("respond", task)
            worker.say("feedback", task, outcome="resolved")
            self.assertEqual(self.head(incident)["state"], "verifying")
            worker.grant(1)
            self.broker.cli("verify", incident, "--failed", "--reason", "未清理", as_="checker")
            task = worker.next()
            self.assertEqual(self.head(incident)["state"], "open")
            worker.say("respond", task)
            worker.say("feedback", task, outcome="resolved")
        self.broker.cli("verify", incident, "--passed", as_="checker")
        self.assertEqual(self.head(incident)["state"], "closed")
        self.assertIn("reworked", self.kinds(incident))

    def test_a_source_verifies_its_own(self):
        answer, = self.broker.publish({"id": "verify-2", "type": "2.03", "area": "620899001001"}, as_="camera")
        incident = answer["incident"]
        with Worker(self.broker, "police", as_="police") as worker:
            task = worker.next()
            worker.say("respond", task)
            worker.say("feedback", task, outcome="resolved")
        refused = self.broker.cli("verify", incident, "--passed", as_="hotline", ok=False)
        self.assertEqual(refused.exit, 1, refused)
        self.broker.cli("verify", incident, "--passed", as_="camera")
        self.assertEqual(self.head(incident)["state"], "closed")

    def test_a_desk_incident_waits_for_a_person(self):
        incident = self.publish("desk-1", "3")
        self.assertEqual(self.head(incident)["state"], "desk")
        self.broker.cli("assign", incident, "--unit", "fire", as_="desk")
        with Worker(self.broker, "fire", as_="fire") as worker:
            task = worker.next()
            worker.say("respond", task)
            worker.say("feedback", task, outcome="explained")
        self.assertEqual(self.head(incident)["state"], "closed")

    def test_a_return_is_transferred(self):
        incident = self.publish("return-1", "1.01")
        with Worker(self.broker, "fire", as_="fire") as worker:
            task = worker.next()
            self.assertEqual(worker.say("return", task, reason="not_ours").kind, "Receipt")
        self.broker.cli("transfer", incident, "--unit", "police", as_="desk")
        with Worker(self.broker, "police", as_="police") as worker:
            task = worker.next()
            worker.say("respond", task)
            worker.say("feedback", task, outcome="resolved")
        self.assertEqual(self.head(incident)["state"], "closed")

    def test_unrouted_is_accepted_and_mended_by_a_person(self):
        for number, (type, area, why) in enumerate((("4", "620899001001", "no_rule"), ("1.01", None, "no_place"),
                                                    ("7", "620899001001", "two_equals"))):
            event = {"id": f"unrouted-{number}", "type": type, "text": "x"}
            if area:
                event["area"] = area
            answer, = self.broker.publish(event)
            head = self.head(answer["incident"])
            if why == "no_place" and head["state"] == "open":
                continue  # a rule that holds anywhere needs no place
            self.assertEqual((head["state"], head["unrouted"]), ("unrouted", why))
            self.broker.cli("assign", answer["incident"], "--unit", "night", as_="desk")
            self.assertEqual(self.head(answer["incident"])["state"], "open")

    def test_the_centre_speaks_on_behalf_of_a_unit_with_nobody_there(self):
        incident = self.publish("behalf-1", "5")
        for words in (["respond"], ["feedback", "--outcome", "resolved"]):
            self.broker.cli("say", incident, *words, "--on-behalf", "night", "--person", "值班员李四", as_="desk")
        self.assertEqual(self.head(incident)["state"], "closed")

    def test_a_source_withdraws_before_respond(self):
        answer, = self.broker.publish({"id": "withdraw-1", "type": "5", "area": "620899001001"}, as_="camera")
        self.broker.cli("withdraw", answer["incident"], "--reason", "误按", as_="camera")
        self.assertIn(self.head(answer["incident"])["state"], ("closed", "cancelled"))

    def test_merge_keeps_both_receipts(self):
        one, two = self.publish("merge-1", "3"), self.publish("merge-2", "3")
        self.broker.cli("merge", two, "--into", one, as_="desk")
        self.assertEqual(self.head(two)["state"], "merged")
        lines = self.broker.cli("status", "--event", "merge-2", "--json").out.splitlines()
        self.assertEqual([json.loads(lines[0])["incident"], *(json.loads(line)["rows"][0]["incident"] for line in lines[1:])],
                         [two, two, one])  # the receipt first given, what it came to, and where that goes on

    def test_explain_names_the_rule_and_what_it_beat(self):
        said = self.broker.cli("explain", "--type", "2.02", "--area", "620899001001", "--json").json["explanation"]
        self.assertEqual((said["unit"], said["rule"]), ("police", "routes.yaml:4"))
        beaten = {rule["rule"] for rule in said["rules"] if not rule.get("chosen")}
        self.assertIn("routes.yaml:3", beaten)


if __name__ == "__main__":
    tap.main()
