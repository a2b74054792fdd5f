"""Who may see what: a source its own, a department its own tasks, a bounded dispatcher its own area; by every way."""

import unittest

import protocol as p
import tap
from broker import Broker


class Sight(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.broker = Broker(tcp=True)
        cls.broker.edit("principals.yaml", "{name: desk, roles: dispatcher}", "{name: desk, roles: dispatcher, areas: [620899002]}")
        cls.broker.start()
        cls.broker.publish({"id": "secret", "type": "1.01", "area": "620899001001", "text": "SECRET"}, as_="hotline")
        cls.broker.publish({"id": "mine", "type": "6", "area": "620899001001", "text": "x"}, as_="camera")
        cls.fire = p.Worker(cls.broker, "fire", name="f1", as_="fire", credit=5)
        cls.police = p.Worker(cls.broker, "police", name="p1", as_="police", credit=5)
        cls.task = cls.police.next()
        cls.police.ask(p.make("Word", request="n1", verb=p.value("WordVerb", "NOTE"), incident=cls.task.incident,
                              task=cls.task.task.no, epoch=cls.task.task.epoch, person="o7", text="INTERNAL"), tag=99)

    @classmethod
    def tearDownClass(cls):
        cls.broker.close()

    def ask(self, who, kind, endpoint="command", **fields):
        return p.Peer(self.broker, endpoint, as_=who).ask(p.make("Query", kind=p.value("QueryKind", kind), **fields))

    def feed(self, who):
        """What a reader of the whole feed gets: records until it is told that there is no more."""
        peer = p.Peer(self.broker, "feed", as_=who)
        peer.send(p.encode(p.make("Subscribe", cursor="0", credit=1000)))
        records = []
        while True:
            message = peer.receive()
            if message.kind != "Entry":
                continue
            if not message.body.record:
                return records
            records.append(message.body.record)

    def test_a_cursor_opens_no_other_incident(self):
        publisher = p.Peer(self.broker, "publish", as_="camera")
        own = publisher.ask(p.make("Status", event_id="mine")).body
        for seq in range(1, own.seq):
            answer = publisher.ask(p.make("Query", kind=p.value("QueryKind", "SHOW"), incident=own.incident,
                                          cursor=f"S{seq}", limit=1))
            self.assertFalse(answer.kind == "Answer" and answer.body.records, seq)

    def test_a_department_sees_its_own_tasks_and_clocks(self):
        for kind, fields in (("LIST", {}), ("QUEUE", {"unit": "fire"}), ("SHOW", {"incident": self.task.incident})):
            answer = self.ask("fire", kind, **fields)
            for row in answer.body.rows or []:
                self.assertEqual({p.text(task.unit) for task in row.tasks or []} - {"fire"}, set(), kind)
                own = {task.no for task in row.tasks or []}
                self.assertEqual({clock.task for clock in row.clocks or []} - own - {0}, set(), kind)

    def test_a_department_hears_no_word_of_another(self):
        texts = [p.text(record.text) for record in self.feed("fire")]
        self.assertGreater(len(texts), 0)
        self.assertNotIn("INTERNAL", texts)
        self.assertIn("INTERNAL", [p.text(record.text) for record in self.feed("police")])

    def test_a_bounded_dispatcher_reads_within_its_bounds(self):
        self.assertEqual(self.ask("desk", "LIST").body.rows or [], [])
        self.assertEqual(self.ask("desk", "SHOW", incident=self.task.incident).kind, "Refusal")
        self.assertEqual([record for record in self.feed("desk") if record.changes], [])

    def test_a_source_sees_only_what_it_reported(self):
        kinds = [record for record in self.feed("camera") if record.event and p.text(record.event.text) == "SECRET"]
        self.assertEqual(kinds, [])


if __name__ == "__main__":
    tap.main()
