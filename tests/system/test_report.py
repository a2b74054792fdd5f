"""bihuan report: the numbers of a day whose every case is known, in each form, by each group, and the same ever after."""

import csv
import io
import os
import subprocess
import unittest
from datetime import datetime, timedelta, timezone

import protocol as p
import tap
from broker import Broker, binary

AREA = "620899001001"
OFFSET = timedelta(hours=8)
# What was done below, counted on fingers: numerator and denominator.
RATES = {
    "filed": (5, 6),           # all but the two unrouted, of which one is merged
    "unrouted": (2, 7),
    "repeated": (1, 7),  # merged; nothing folded
    "closed": (0, 1),
    "closed_in_time": (0, 1),
    "extended": (0, 1),
    "checked_in": (0, 0),
    "well_directed": (4, 5),   # one task went to fire and then to police
    "misdirected": (1, 5),
    "returned": (1, 5),
    "return_refused": (0, 1),
    "reworked": (1, 3),
    "false_alarms": (1, 3),
    "on_site": (1, 3),
    "reopened": (0, 3),
    "called_back": (0, 0),
    "satisfied": (0, 0),
    "solved": (0, 0),
}
COUNTS = {"intake": 7, "reports": 7, "due": 1, "overdue": 1, "parked": 0, "urged": 0, "supervised": 0}


def day(shift=0, offset=OFFSET):
    return (datetime.now(timezone.utc) + offset + timedelta(days=shift)).strftime("%Y-%m-%d")


class Report(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.broker = Broker(tcp=True).start()
        late = cls.publish("late", "5")  # nobody works at night
        cls.fed_back_and_verified("reworked", "resolved", "--failed", "--passed")
        cls.fed_back_and_verified("false", "false_alarm", "--passed")
        unowned = cls.publish("unowned", "7")
        cls.broker.cli("merge", cls.publish("again", "7"), "--into", unowned)
        returned = cls.publish("returned", "1.01")
        cls.say(returned, "fire", "respond")
        cls.say(returned, "fire", "return", "--reason", "not_ours")
        cls.broker.cli("transfer", returned, "--unit", "police", "--task", "1")
        cls.publish("done", "2.01", done="resolved", evidence="照片")
        trail = cls.broker.follow()
        while trail.until(kind="rung", incident=late)["rung"]["clock"] != "resolve" or \
                trail.records[-1]["rung"]["colour"] != "red":
            pass
        trail.close()

    @classmethod
    def tearDownClass(cls):
        cls.broker.__exit__(None, None, None)

    @classmethod
    def publish(cls, id, type, **fields):
        answer, = cls.broker.publish({"id": id, "type": type, "area": AREA, **fields})
        return answer["incident"]

    @classmethod
    def say(cls, incident, unit, *words):
        cls.broker.cli("say", incident, *words, "--on-behalf", unit, "--person", "李四")

    @classmethod
    def fed_back_and_verified(cls, id, outcome, *verdicts):
        incident = cls.publish(id, "2.02")
        for verdict in verdicts:
            cls.say(incident, "police", "respond")
            cls.say(incident, "police", "feedback", "--outcome", outcome)
            cls.broker.cli("verify", incident, verdict, as_="checker")

    def report(self, *args, **keywords):
        return self.broker.cli("report", "--from", day(-1), "--to", day(1), *args, **keywords)

    def expect(self, figures):
        for name, (part, whole) in RATES.items():
            self.assertEqual((figures[name]["numerator"], figures[name]["denominator"]), (part, whole), name)
            self.assertEqual(figures[name]["rate"], round(100 * part / whole, 1) if whole else None, name)
        for name, count in COUNTS.items():
            self.assertEqual(figures[name]["count"], count, name)

    # --- the numbers ---

    def test_each_number_is_what_was_done(self):
        figures = self.report("--json").json["figures"]
        self.expect(figures)
        self.assertEqual(figures["contained"]["12"]["denominator"], 3)
        self.assertEqual(figures["lasted"]["count"], 3)
        for clock in ("respond", "handle", "feedback", "resolve"):  # nobody stopped them
            self.assertEqual(figures["on_time"][clock]["numerator"], 0, clock)
            self.assertEqual(figures["on_time"][clock]["denominator"], 1, clock)

    def test_used_times_are_those_of_the_trail(self):
        """Closed cases by the trail itself: the span from receipt to close."""
        spans = []
        for record in self.broker.records():
            for change in record.get("changes", []):
                head = change.get("head", {})
                if head.get("state") == "closed":
                    received, closed = (datetime.fromisoformat(head[name].replace("Z", "+00:00"))
                                        for name in ("received", "closed"))
                    spans.append(round((closed - received).total_seconds() * 1000))
        lasted = self.report("--json").json["figures"]["lasted"]
        self.assertEqual((lasted["median_ms"], lasted["p90_ms"]), (sorted(spans)[1], sorted(spans)[2]))

    def test_the_same_ever_after(self):
        def figures():
            report = self.report("--json", "--by", "department").json
            self.assertEqual(report["records_unseen"], 0)
            return report["figures"], report["groups"]
        before = figures()
        self.assertEqual(figures(), before)
        self.broker.restart()
        self.assertEqual(figures(), before)
        backup, restored = (os.path.join(self.broker.folder, name) for name in ("backup", "restored"))
        self.broker.cli("backup", backup, as_="ops")
        self.broker.stop()
        subprocess.run([binary("bihuand"), "--restore", backup, "--store", restored], check=True, capture_output=True)
        self.broker.flags[self.broker.flags.index(self.broker.store)] = restored
        self.broker.store = restored
        self.broker.start()
        self.assertEqual(figures(), before)

    def test_one_day_as_of_itself_is_one_text(self):
        asked = ("report", "--from", day(-2), "--to", day(-1), "--as-of", day(-1), "--json")
        self.assertEqual(self.broker.cli(*asked).out, self.broker.cli(*asked).out)
        self.assertTrue(self.broker.cli(*asked).json["over"])

    # --- the period ---

    def test_days_are_the_citys_and_inclusive(self):
        for text, hours in (("+08:00", 8), ("+14:00", 14), ("-11:00", -11)):
            def intake(shift):
                date = day(shift, timedelta(hours=hours))
                asked = ("--from", date, "--to", date, "--utc-offset", text, "--json")
                return self.broker.cli("report", *asked).json["figures"]["intake"]["count"]
            self.assertEqual([intake(shift) for shift in (-1, 0, 1)], [0, 7, 0], text)

    def test_as_of_a_day_before_nothing_had_happened(self):
        report = self.report("--as-of", day(-1), "--json").json
        self.assertEqual(report["figures"]["intake"]["count"], 0)
        self.assertFalse(report["over"])

    # --- groups ---

    def test_departments_add_up(self):
        groups = {group["group"]: group["figures"] for group in self.report("--by", "department", "--json").json["groups"]}
        self.assertEqual(sum(figures["intake"]["count"] for figures in groups.values()), 7)
        self.assertEqual(groups["night"]["overdue"]["count"], 1)
        self.assertEqual(groups["fire"]["misdirected"], {"numerator": 1, "denominator": 1, "rate": 100.0})
        self.assertEqual(groups["police"]["intake"]["count"], 3)  # two of its own, one that was fire's
        self.assertEqual(groups[""]["intake"]["count"], 3)  # nobody's: the unrouted two, and what was done on site
        self.assertEqual(groups["police"]["reworked"]["denominator"], 3)

    def test_areas_types_and_sources(self):
        def intake(*args):
            return {group["group"]: group["figures"]["intake"]["count"] for group in self.report(*args, "--json").json["groups"]}
        self.assertEqual(intake("--by", "area"), {"620899001": 7})
        self.assertEqual(intake("--by", "area", "--level", "community"), {AREA: 7})
        self.assertEqual(intake("--by", "area", "--level", "6"), {"620899": 7})
        self.assertEqual(intake("--by", "type"), {"1": 1, "2": 3, "5": 1, "7": 2})
        self.assertEqual(intake("--by", "type", "--depth", "2"), {"1.01": 1, "2.01": 1, "2.02": 2, "5": 1, "7": 2})
        self.assertEqual(intake("--by", "source"), {"local": 7})

    def scoring(self, text):
        path = os.path.join(self.broker.folder, "scoring.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def test_they_are_ranked_within_their_groups(self):
        path = self.scoring("weights: {well_directed: 60, reworked: -40}\ngroups: {一类: [fire, police]}\nveto: {misdirected: 50}\n")
        ranking = self.report("--by", "department", "--scoring", path, "--json").json["ranking"]
        # police: 60 × 100.0 + 40 × (100 - 33.3); fire's one task was not its own; night: nothing was verified.
        self.assertEqual(ranking, [
            {"group": "police", "among": "一类", "rank": 1, "score": 86.7, "vetoed_by": []},
            {"group": "fire", "among": "一类", "rank": 2, "score": 0.0, "vetoed_by": ["misdirected"]},
            {"group": "night", "among": "", "rank": 1, "score": 100.0, "vetoed_by": []}])
        self.assertRegex(self.report("--by", "department", "--scoring", path).out, r"一类 +2 +fire +0\.0 +misdirected > 50\n")
        rows = csv.DictReader(io.StringIO(self.report("--by", "department", "--scoring", path, "--csv").out))
        self.assertEqual([(row["group"], row["of"], row["numerator"]) for row in rows if row["indicator"] == "rank"],
                         [("police", "一类", "1"), ("fire", "一类", "2"), ("night", "", "1")])
        wrong = self.report("--by", "department", "--scoring", self.scoring("weights: {closed: 90}\n"), ok=False)
        self.assertEqual(wrong.exit, 4)
        self.assertIn("scoring.yaml:1:1: the weights are 90 together", wrong.err)

    # --- what came later ---

    def test_corrections_are_what_is_another_number_now(self):
        report = self.report("--as-of", day(-1), "--corrections", "--by", "department", "--json").json
        found = {(row["by"], row["group"], row["indicator"], row["of"]): (row["frozen"], row["now"]) for row in report["corrections"]}
        self.assertEqual(found["all", "", "intake", ""], ({"count": 0}, {"count": 7}))
        self.assertEqual(found["department", "fire", "misdirected", ""][1], {"numerator": 1, "denominator": 1, "rate": 100.0})
        self.assertNotIn(("all", "", "recorded", ""), found)
        none = self.broker.cli("report", "--from", day(-3), "--to", day(-2), "--as-of", day(-1), "--corrections")
        self.assertIn("nothing has been corrected since", none.out)
        self.assertIn("all,,intake,,0,0,7,7", self.report("--as-of", day(-1), "--corrections", "--csv").out)

    # --- forms ---

    def test_csv_says_the_same(self):
        rows = list(csv.DictReader(io.StringIO(self.report("--csv", "--by", "department").out)))
        whole = {row["indicator"]: row for row in rows if row["by"] == "all" and not row["of"]}
        for name, (part, denominator) in RATES.items():
            self.assertEqual((whole[name]["numerator"], whole[name]["denominator"]), (str(part), str(denominator)), name)
            self.assertEqual(whole[name]["rate"], f"{100 * part / denominator:.1f}" if denominator else "", name)
        self.assertEqual(whole["intake"]["numerator"], "7")
        self.assertIn(("department", "night", "overdue", "1"),
                      [(row["by"], row["group"], row["indicator"], row["numerator"]) for row in rows])

    def test_text_never_makes_a_rate_of_nothing(self):
        said = self.report().out
        self.assertRegex(said, r"misdirection rate +20\.0% +1 +5 +returned and upheld ÷ dispatches\n")
        self.assertRegex(said, r"check-in rate +- +0 +0 ")
        self.assertIn("the period is not over", said)
        self.assertNotIn("\x1b", said)

    def test_in_chinese_it_lines_up(self):
        said = self.report("--by", "department", env={"LC_ALL": "zh_CN.UTF-8"})
        for word in ("受理数", "应结案数", "按期结案率", "返工率", "签收按时率", "层级化解率：社区 (12)", "单位 police"):
            self.assertIn(word, said.out)

        def width(text):
            return sum(2 if ord(character) > 0x2e80 else 1 for character in text)
        heading, intake, *_ = said.out.split("\n\n")[1].splitlines()
        self.assertEqual(width(heading[:heading.index("口径")]), width(intake[:intake.index("统计期内受理")]))

    # --- who may, and what is wrong ---

    def test_a_bounded_reader_is_told_so(self):
        report = self.report("--json", as_="police").json
        self.assertGreater(report["records_unseen"], 0)
        self.assertEqual(report["figures"]["intake"]["count"], 3)
        self.assertIn("are not for this reader", self.report(as_="police").out)
        self.assertNotIn("are not for this reader", self.report().out)

    def test_exit_codes(self):
        for args in ((), ("--from", day()), ("--from", "2026-02-30", "--to", day()), ("--from", day(1), "--to", day()),
                     ("--from", day(), "--to", day(), "--by", "colour"), ("--from", day(), "--to", day(), "--level", "street"),
                     ("--from", day(), "--to", day(), "--by", "area", "--level", "planet"),
                     ("--from", day(), "--to", day(), "--csv", "--json"),
                     ("--from", day(), "--to", day(), "--corrections"), ("--from", day(), "--to", day(), "--scoring", "x")):
            result = self.broker.cli("report", *args, ok=False)
            self.assertEqual((result.exit, result.out), (2, ""), (args, result))
        away = self.broker.cli("report", "--from", day(), "--to", day(), ok=False,
                               env={"BIHUAN_BROKER": "ipc:///nowhere"})
        self.assertEqual(away.exit, 3, away)


class LongTrail(unittest.TestCase):
    def test_it_comes_as_fast_as_it_is_taken(self):
        """One subscription brings all that its credit allows, though the reader's queue was full in between: with nothing
        else going on, nobody has to ask again."""
        with Broker(tcp=True) as broker:
            broker.publish(*({"id": f"e{number}", "type": "2.01", "area": AREA} for number in range(3000)))
            with p.Peer(broker, "feed", as_="ops") as peer:
                peer.send(p.encode(p.make("Subscribe", cursor="0", credit=3000)))
                records = 0
                while records < 3000:
                    message = peer.receive()
                    records += message.kind == "Entry" and message.body.record is not None
        self.assertEqual(records, 3000)


class Exercise(unittest.TestCase):
    def test_an_exercise_counts_only_when_asked_for(self):
        with Broker(exercise=True) as broker:
            broker.publish({"id": "x", "type": "1.01", "area": AREA})
            asked = ("report", "--from", day(-1), "--to", day(1), "--json")
            report = broker.cli(*asked).json
            self.assertEqual((report["figures"]["intake"]["count"], report["exercises_left_out"]), (0, 1))
            report = broker.cli(*asked, "--exercise").json
            self.assertEqual((report["figures"]["intake"]["count"], report["exercises_left_out"]), (1, 0))


if __name__ == "__main__":
    tap.main()
