"""A restart, graceful or not, leaves everything as it was: incidents, clocks, leases, receipts."""

import unittest

import tap
from broker import Broker
from protocol import Worker


class Restart(unittest.TestCase):
    def setUp(self):
        self.broker = Broker(tcp=True).start()

    def tearDown(self):
        self.broker.__exit__(None, None, None)

    def fill(self):
        events = [{"id": f"e{n}", "type": type, "area": "620899001001"}
                  for n, type in enumerate(("1.01", "2.01", "2.02", "3", "4", "6"))]
        return self.broker.publish(*events)

    def rows(self):
        return sorted(self.broker.cli("ls", "--limit", "0", "--json").lines, key=lambda row: str(row))

    def test_a_graceful_stop_keeps_every_row(self):
        self.fill()
        before = self.rows()
        self.assertTrue(before)
        self.broker.restart()
        self.assertEqual(self.rows(), before)

    def test_a_killed_broker_comes_back_with_every_row(self):
        self.fill()
        before = self.rows()
        self.broker.kill()
        self.broker.start()
        self.assertEqual(self.rows(), before)

    def test_a_worker_keeps_its_task_over_a_restart(self):
        answer = self.fill()[0]
        worker = Worker(self.broker, "fire", "steady", as_="fire")
        task = worker.next()
        worker.say("respond", task)
        worker.socket.close()
        self.broker.kill()
        self.broker.start()
        with Worker(self.broker, "fire", "steady", as_="fire", credit=0) as again:
            self.assertEqual(again.say("feedback", task, outcome="resolved").kind, "Receipt")
        row = self.broker.row(answer["incident"])
        self.assertEqual(row["head"]["state"], "closed")

    def test_a_repeat_after_the_crash_gets_the_first_receipt(self):
        first = self.fill()
        self.broker.kill()
        self.broker.start()
        again = self.fill()
        self.assertTrue(all(receipt["repeat"] for receipt in again))
        self.assertEqual([receipt["incident"] for receipt in again], [receipt["incident"] for receipt in first])

    def test_a_repeated_word_after_the_crash_gets_the_first_answer(self):
        self.fill()
        worker = Worker(self.broker, "fire", "steady", as_="fire")
        task = worker.next()
        first = worker.say("respond", task, request="r-1").body
        worker.socket.close()
        self.broker.kill()
        self.broker.start()
        with Worker(self.broker, "fire", "steady", as_="fire", credit=0) as again:
            second = again.say("respond", task, request="r-1").body
        self.assertEqual((first.seq, True), (second.seq, second.repeat))

    def test_each_start_is_a_new_term(self):
        self.broker.restart()
        self.broker.kill()
        self.broker.start()
        self.assertEqual([r["term"] for r in self.broker.records() if r["kind"] == "started"], [1, 2, 3])

    def test_numbers_go_on_and_are_never_given_twice(self):
        first = {receipt["incident"] for receipt in self.fill()}
        self.broker.kill()
        self.broker.start()
        answer, = self.broker.publish({"id": "later", "type": "1.01", "area": "620899001001"})
        self.assertNotIn(answer["incident"], first)


if __name__ == "__main__":
    tap.main()
