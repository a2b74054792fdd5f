"""Workers that die: before `respond` a colleague gets the task anew, after it a colleague resumes it; a task that kills
whoever takes it is shelved where people see it."""

import os
import stat
import unittest

import tap
from broker import Broker
from protocol import Worker

LOST_MAX = 3  # limits.h: offers lost by a dying worker before the task is shelved


def task_of(record):
    return record["changes"][0]["tasks"][0]


class WorkerDeath(unittest.TestCase):
    def setUp(self):
        self.broker = Broker(tcp=True).start()
        self.trail = self.broker.follow()

    def tearDown(self):
        self.broker.__exit__(None, None, None)

    def handler(self, text):
        """A department's handler as a shell script."""
        path = os.path.join(self.broker.folder, f"handler-{len(os.listdir(self.broker.folder))}")
        with open(path, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\n" + text)
        os.chmod(path, stat.S_IRWXU)
        return path

    def publish(self, id, type="1.01"):
        answer, = self.broker.publish({"id": id, "type": type, "area": "620899001001"})
        return answer["incident"]

    def test_killed_before_respond_it_goes_to_a_colleague(self):
        incident = self.publish("before-1")
        silent = self.handler("cat >/dev/null; exec sleep 1000\n")
        doomed = self.broker.worker("fire", silent, as_="fire", name="doomed")
        first = self.trail.until(kind="offered", incident=incident)
        doomed.kill()
        self.trail.until(kind="lease_ended", incident=incident, lease_end="silent")
        with Worker(self.broker, "fire", "colleague", as_="fire") as colleague:
            task = colleague.next()
            self.assertFalse(task.resume)
            self.assertGreater(task.task.epoch, task_of(first)["epoch"])
            self.assertEqual(task.task.lost, 1)
            colleague.say("respond", task)
            colleague.say("feedback", task, outcome="resolved")
        self.trail.until(kind="fed_back", incident=incident)

    def test_killed_after_respond_a_colleague_resumes_with_state_and_clocks_as_they_were(self):
        incident = self.publish("after-1")
        responds = self.handler("cat >/dev/null; echo respond; exec sleep 1000\n")
        doomed = self.broker.worker("fire", responds, as_="fire", name="doomed")
        responded = task_of(self.trail.until(kind="responded", incident=incident))
        before = self.broker.row(incident)["clocks"]
        doomed.kill()
        self.trail.until(kind="lease_ended", incident=incident, lease_end="silent")
        with Worker(self.broker, "fire", "colleague", as_="fire") as colleague:
            task = colleague.next()
            self.assertTrue(task.resume)
            self.assertGreater(task.task.epoch, responded["epoch"])
            self.assertEqual(self.broker.row(incident)["clocks"], before)
            self.assertEqual(colleague.say("feedback", task, outcome="resolved").kind, "Receipt")
        self.assertEqual(task_of(self.trail.until(kind="fed_back", incident=incident))["outcome"], "resolved")

    def test_a_drained_worker_gives_back_at_once(self):
        incident = self.publish("drain-1")
        silent = self.handler("cat >/dev/null; exec sleep 1000\n")
        worker = self.broker.worker("fire", silent, as_="fire", name="leaving")
        self.trail.until(kind="offered", incident=incident)
        worker.process.terminate()
        ended = self.trail.until(kind="lease_ended", incident=incident)
        self.assertIn(ended["lease_end"], ("drained", "left", "given_back"))
        self.assertEqual(task_of(ended).get("lost", 0), 0, "a graceful goodbye is no loss")

    def test_a_poisonous_task_is_shelved_where_people_see_it(self):
        incident = self.publish("poison-1", type="8")
        for number in range(LOST_MAX):
            silent = self.handler("cat >/dev/null; exec sleep 1000\n")
            victim = self.broker.worker("police", silent, as_="police", name=f"victim-{number}")
            self.trail.until(kind="offered", incident=incident)
            victim.kill()
        self.trail.until(kind="shelved", incident=incident)
        overview = self.broker.cli("overview", "--json").json
        self.assertEqual(overview["overview"]["shelved"], 1)
        with Worker(self.broker, "fire", "next", as_="fire") as worker:
            self.broker.cli("transfer", incident, "--unit", "fire", "--reason", "换人处理", as_="desk")
            self.assertEqual(worker.next().task.lost, 0, "another unit begins anew")

    def test_a_handler_that_fails_before_respond_gives_the_task_back(self):
        incident = self.publish("fails-1")
        fails = self.handler("cat >/dev/null; exit 1\n")
        worker = self.broker.worker("fire", fails, as_="fire", name="clumsy")
        ended = self.trail.until(kind="lease_ended", incident=incident)
        self.assertEqual(ended["lease_end"], "given_back")
        worker.terminate()


if __name__ == "__main__":
    tap.main()
