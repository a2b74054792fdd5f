"""Configuration that changes under a running broker: good files take force at once, bad ones change nothing, and what open
incidents refer to cannot vanish."""

import datetime
import os
import signal
import unittest

import tap
from broker import Broker


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


class Reload(unittest.TestCase):
    def setUp(self):
        self.broker = Broker(tcp=True).start()

    def tearDown(self):
        self.broker.__exit__(None, None, None)

    def publish(self, id, type="1.01"):
        answer, = self.broker.publish({"id": id, "type": type, "area": "620899001001"})
        return answer["incident"]

    def unit_of(self, incident):
        return self.broker.row(incident)["tasks"][0]["unit"]

    def test_a_new_route_takes_force(self):
        self.assertEqual(self.unit_of(self.publish("r1")), "fire")
        self.broker.edit("routes.yaml", "{type: 1, to: fire}", "{type: 1, to: police}")
        self.broker.cli("reload", as_="ops")
        self.assertEqual(self.unit_of(self.publish("r2")), "police")

    def test_sighup_does_the_same(self):
        self.broker.edit("routes.yaml", "{type: 1, to: fire}", "{type: 1, to: police}")
        self.assertIn("done=1", self.broker.hup())
        self.assertEqual(self.unit_of(self.publish("s1")), "police")

    def test_a_bad_file_is_refused_with_its_place_and_the_old_one_stays(self):
        self.broker.edit("routes.yaml", "{type: 1, to: fire}", "{type: 1, to: fyre}")
        refused = self.broker.cli("reload", as_="ops", ok=False)
        self.assertEqual(refused.exit, 1, refused)
        self.assertRegex(refused.out + refused.err, r"routes\.yaml:2:\d+: .*fyre.*fire")
        self.assertEqual(self.unit_of(self.publish("b1")), "fire")
        self.assertIn("refused=1", self.broker.hup())

    def test_what_is_in_use_cannot_vanish(self):
        self.publish("u1", "5")
        self.broker.edit("principals.yaml", "types: [1, 2, 5, 6]", "types: [1, 2, 6]")
        for file, old in (("types.yaml", "  - {code: 5, name: 数秒时限, clocks: seconds}\n"),
                          ("routes.yaml", "  - {type: 5, to: night}              # nobody works at night: its clocks run out\n")):
            self.broker.edit(file, old, "")
        refused = self.broker.cli("reload", as_="ops", ok=False)
        self.assertEqual(refused.exit, 1, refused)
        self.assertIn("policy_in_use", refused.out + refused.err)
        self.assertRegex(refused.out + refused.err, r"\b1\b")

    def test_retired_with_a_successor_may(self):
        incident = self.publish("u2", "5")
        self.broker.edit("units.yaml", "{id: night, name: 夜班队}", "{id: night, name: 夜班队, retired: true, successor: police}")
        self.broker.cli("reload", as_="ops")
        self.assertEqual(self.unit_of(incident), "police")
        self.assertEqual(self.unit_of(self.publish("u3", "5")), "police")

    def test_explain_answers_for_today_and_for_a_past_day(self):
        when = self.broker.row(self.publish("e1"))["head"]["received"]
        self.broker.edit("routes.yaml", "{type: 1, to: fire}", "{type: 1, to: police}")
        self.broker.cli("reload", as_="ops")
        args = ("explain", "--type", "1.01", "--area", "620899001001", "--json")
        self.assertEqual(self.broker.cli(*args).json["explanation"]["unit"], "police")
        self.assertEqual(self.broker.cli(*args, "--at", when).json["explanation"]["unit"], "fire")

    def test_a_revoked_key_is_out_at_once(self):
        self.broker.publish({"id": "k1", "type": "1.01", "area": "620899001001"}, as_="camera")
        self.broker.edit("principals.yaml", "name: camera,", "name: camera, revoked: true,")
        self.broker.cli("reload", as_="ops")
        refused = self.broker.cli("publish", "--json", "--timeout", "3", as_="camera", ok=False,
                                  stdin='{"id":"k2","type":"1.01","area":"620899001001"}\n')
        self.assertNotEqual(refused.exit, 0)
        self.assertFalse([r for r in self.broker.records() if r.get("request") == "k2"])

    def write_calendar(self, more):
        with open(os.path.join(self.broker.config, "calendars.yaml"), "w", encoding="utf-8") as file:
            file.write("calendars:\n  always:\n    hours: 00:00-24:00\n"
                       "    weekdays: [mon, tue, wed, thu, fri, sat, sun]\n" + more)

    def feedback(self, incident):
        return next(clock for clock in self.broker.row(incident)["clocks"] if clock["kind"] == "feedback")

    def test_a_published_holiday_moves_deadlines_also_over_a_crash(self):
        self.write_calendar("")
        self.broker.edit("clocks.yaml", "respond: 2h, feedback: 7d", "respond: 2h, feedback: 9wd")  # 3 days of 24 hours
        self.broker.cli("reload", as_="ops")
        incident = self.publish("h1", "2.01")
        before = self.feedback(incident)
        self.assertEqual(before["calendar"], "working_days")
        self.assertEqual(moment(before["due"]) - moment(before["started"]), datetime.timedelta(days=3))
        free = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8))).date() + datetime.timedelta(days=2)
        self.write_calendar(f"    holidays: [{free}]\n    known_until: {free}\n")
        self.broker.cli("reload", as_="ops")
        self.broker.follow().until(kind="reckoned", incident=incident)
        self.broker.kill()
        self.broker.start()
        after = self.feedback(incident)
        self.assertEqual(moment(after["due"]) - moment(before["due"]), datetime.timedelta(days=1))
        answer = self.broker.cli("show", incident, "--json", as_="ops").json
        provisional = [answer["rows"][0]["clocks"][at]["kind"] for at in answer["provisional"]]
        self.assertEqual(provisional, ["feedback"])  # it is due after the last day that is announced
        self.assertIn("(provisional)", self.broker.cli("show", incident, as_="ops").out)
        kinds = [record["kind"] for record in self.broker.timeline(incident)]
        self.assertEqual(kinds.count("reckoned"), 1)  # and none at the start

    def test_the_broker_does_not_start_with_a_bad_file(self):
        self.broker.stop()
        with open(os.path.join(self.broker.config, "types.yaml"), "a", encoding="utf-8") as file:
            file.write("  - {code: 9, name: 没有时限}\n")
        result = self.broker.cli("check", self.broker.config, ok=False)
        self.assertEqual(result.exit, 4, result)
        self.assertRegex(result.out + result.err, r"types\.yaml:\d+:\d+: .*clocks")

    def test_a_stop_during_a_reload_is_graceful(self):
        for _ in range(6):
            with Broker(keys=()) as broker:
                broker.edit("types.yaml", "name: 噪声", "name: 噪音")
                os.kill(broker.process.process.pid, signal.SIGHUP)
                broker.stop()  # asserts exit 0
                broker.start()


if __name__ == "__main__":
    tap.main()
