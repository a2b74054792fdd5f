"""Who reported is sealed: nobody is given it but whoever sought it, was granted it by another, and opened it on record; and
the broker, which has no key, cannot read it."""

import os
import shutil
import unittest

import protocol as p
import tap
from broker import Broker

WHO = "李四 13900000000"


class Identity(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.broker = Broker(tcp=True).start()
        for name in ("custodian", "other"):
            cls.broker.cli("keys", "make", name, "--folder", cls.broker.folder)
        cls.fire = p.Worker(cls.broker, "fire", name="f1", as_="fire", credit=50)

    @classmethod
    def tearDownClass(cls):
        cls.broker.close()

    def file(self, name):
        return os.path.join(self.broker.folder, name)

    def report(self, event):
        return self.broker.cli("publish", "--json", "--id", event, "--type", "1.01", "--area", "620899001001",
                               "--custodian", self.file("custodian.pub"), "--reporter-file", "-", as_="hotline",
                               stdin=WHO + "\n").json

    def step(self, step, incident, person, *more, as_, ok=True):
        return self.broker.cli("identity", step, incident, "--person", person, *more, as_=as_, ok=ok)

    def open_it(self, incident, *more, ok=True):
        return self.step("open", incident, "赵六", "--json", "--key", self.file("custodian.key"), *more, as_="checker", ok=ok)

    def test_it_is_opened_by_whom_another_has_granted_it(self):
        incident = self.report("who-1")["incident"]
        self.assertEqual(self.open_it(incident, ok=False).exit, 1)
        self.step("seek", incident, "赵六", "--reason", "callback", as_="checker")
        self.assertEqual(self.step("grant", incident, "赵六", as_="checker", ok=False).exit, 1)
        self.step("grant", incident, "王五", as_="chief")
        self.assertEqual(self.step("open", incident, "王五", "--key", self.file("custodian.key"), as_="chief", ok=False).exit, 1)
        opened = self.open_it(incident, "--request", "once").json
        self.assertEqual((opened["reporter"], opened["id"], opened["source"]), (WHO, "who-1", "hotline"))
        self.assertEqual(self.open_it(incident, "--request", "once").json, opened)
        self.assertEqual(self.open_it(incident, ok=False).exit, 1)
        kinds = [record["kind"] for record in self.broker.timeline(incident) if record["kind"].startswith("identity")]
        self.assertEqual(kinds, ["identity_sought", "identity_granted", "identity_opened"])

    def test_nobody_else_is_given_even_the_sealed_bytes(self):
        incident = self.report("who-2")["incident"]
        told = [record for record in self.broker.records() if record.get("event", {}).get("id") == "who-2"]
        told += [record for record in self.broker.timeline(incident) if "event" in record]
        task = self.fire.next()
        while p.text(task.event.id) != "who-2":
            task = self.fire.next()
        self.assertEqual([("reporter" in r["event"], r["event"]["has_reporter"]) for r in told], [(False, True)] * 2)
        self.assertTrue(task.event.hasReporter)
        self.assertFalse(task.event.reporter)

    def test_published_again_it_is_a_repeat_though_sealed_anew(self):
        first, again = self.report("who-3"), self.report("who-3")
        self.assertEqual((again["incident"], again["seq"], again["repeat"]), (first["incident"], first["seq"], True))

    def test_a_wrong_key_uses_nothing_up(self):
        incident = self.report("who-4")["incident"]
        self.step("seek", incident, "赵六", "--reason", "callback", as_="checker")
        self.step("grant", incident, "王五", as_="chief")
        shutil.copy(self.file("custodian.key"), self.file("open.key"))
        os.chmod(self.file("open.key"), 0o644)
        self.assertEqual(self.step("open", incident, "赵六", "--key", self.file("open.key"), as_="checker", ok=False).exit, 4)
        answer = self.step("open", incident, "赵六", "--json", "--request", "r4", "--key", self.file("other.key"), as_="checker")
        self.assertIsNone(answer.json["reporter"])
        self.assertEqual(self.open_it(incident, "--request", "r4").json["reporter"], WHO)

    def test_lines_and_columns_are_sealed_before_they_leave(self):
        line = '{"id": "who-5", "type": "1.01", "area": "620899001001", "reporter_plain": "张三"}\n'
        plain = self.broker.cli("publish", "--json", as_="hotline", stdin=line, ok=False)
        self.assertEqual((plain.exit, plain.json["field"]), (4, "reporter_plain"))
        key = {"BIHUAN_CUSTODIAN": self.broker.public_key("broker")}
        self.assertEqual(self.broker.cli("publish", "--json", as_="hotline", stdin=line, env=key).exit, 0)
        with open(self.file("map.yaml"), "w", encoding="utf-8") as file:
            file.write('columns: {id: "{ID}", type: "1.01", area: "620899001001", reporter_plain: "{WHO}"}\n')
        with open(self.file("rows.csv"), "w", encoding="utf-8") as file:
            file.write("ID,WHO\nwho-6,王二\nwho-7,\n")
        self.broker.cli("publish", "--csv", self.file("rows.csv"), "--map", self.file("map.yaml"), as_="hotline", env=key)
        has = {r["event"]["id"]: r["event"].get("has_reporter", False) for r in self.broker.records()
               if r.get("event", {}).get("id", "") in ("who-5", "who-6", "who-7")}
        self.assertEqual(has, {"who-5": True, "who-6": True, "who-7": False})


if __name__ == "__main__":
    tap.main()
