"""The demo's command centre: looks at what is live once a second and does what a person on duty would do, by the CLI."""

import collections
import datetime
import re

PATIENCE_S = 12        # how long a unit where nobody is connected may leave a task unsigned before we phone
VERIFY_FAILS_EACH = 9  # every so manieth verification fails, and the work is done again
UNSOLVED_EACH = 5      # every so manieth reporter who is called back says that it is not solved
CALLS_A_ROUND = 2      # one telephone
WHISTLE_FOR = "3.01.02", ("yingji", "jd-620802001")  # 消防通道被占用: who is called to the place beside its lead
ENDED = ("closed", "merged", "cancelled", "rejected")
NOT_OURS = {"jiaotong": "shizheng", "ranqi": "yingji"}  # where to send what a unit returned or could not bear


def is_owed_a_call(row):
    return any(clock["kind"] == "callback" and clock["state"] == "running" for clock in row.get("clocks", ()))


class Centre:
    """Does its rounds until told to stop. `bihuan(principal, *args)` runs the CLI and returns its lines of JSON, or None
    when it was refused (somebody else was quicker)."""

    def __init__(self, bihuan, speed, connected):
        self.bihuan, self.speed, self.connected = bihuan, speed, connected
        self.done = collections.Counter()
        self.seen = {}  # what was done to, so that it is done once

    def round(self):
        """Looks at every incident that has not ended; returns how many there are."""
        live = self.bihuan("chief-li", "ls", "--live", "--limit", "0", "--json") or ()
        rows = [row for row in live if row["head"]["state"] not in ENDED]
        for row in rows:
            self.look(row)
        waiting = [row for row in live if row["head"]["state"] == "closed" and is_owed_a_call(row)]
        for row in waiting[:CALLS_A_ROUND]:
            self.call_back(row)
        return len(rows)

    def look(self, row):
        state, incident = row["head"]["state"], row["incident"]
        if state in ("unrouted", "desk"):
            self.act(row, "assign", "dispatcher-wang", "assign", incident, "--unit", "shizheng", "--person", "王派遣")
        elif state == "verifying":
            self.verify(row)
        elif state == "open":
            self.whistle(row)
            for task in row.get("tasks", ()):
                self.look_at_task(row, task)

    def look_at_task(self, row, task):
        incident, unit, number = row["incident"], task["unit"], str(task["no"])
        to = NOT_OURS.get(unit, "huanwei")
        if task["state"] in ("returned", "shelved"):
            if not any(other["state"] not in ("returned", "shelved", "withdrawn") and other["unit"] == to
                       for other in row["tasks"]):
                self.act(row, "transfer", "dispatcher-wang", "transfer", incident, "--task", number, "--unit", to,
                         "--reason", "not_ours", "--person", "王派遣")
        elif task["state"] == "queued" and unit not in self.connected and self.waited_s(task) > PATIENCE_S:
            for words in (["respond"], ["feedback", "--outcome", "resolved"]):
                self.act(row, f"on behalf: {words[0]}", "dispatcher-wang", "say", incident, *words, "--task", number,
                         "--on-behalf", unit, "--person", "王派遣", "--text", "电话联系，已处理")

    def verify(self, row):
        source, incident = row["head"]["source"], row["incident"]
        who, person = (source, "报告人") if row["head"].get("verify") == "source" else ("verifier-zhao", "赵核查")
        passed = (self.done["verify"] + 1) % VERIFY_FAILS_EACH != 0
        self.act(row, "verify", who, "verify", incident, "--passed" if passed else "--failed", "--person", person,
                 "--reason", "属实" if passed else "仍未解决")

    def whistle(self, row):
        """吹哨报到, when the lead has signed: it will not do it alone."""
        kind, units = WHISTLE_FOR
        tasks = row.get("tasks", ())
        if row["head"]["type"] == kind and len(tasks) and tasks[0]["state"] in ("responded", "handling") \
                and not any(task["unit"] in units for task in tasks):
            self.act(row, "whistle", "dispatcher-wang", "whistle", row["incident"],
                     *(word for unit in units for word in ("--unit", unit)), "--person", "王派遣", "--reason", "need_hands")

    def call_back(self, row):
        """回访: what does the reporter say?"""
        solved = (self.done["callback"] + 1) % UNSOLVED_EACH != 0
        self.act(row, "callback", "hotline-12345", "callback", row["incident"], "--solved", "yes" if solved else "no",
                 "--satisfaction", "satisfied" if solved else "unsatisfied", "--person", "周回访")

    def act(self, row, what, *command):
        """Once for each state of the incident."""
        key = row["incident"], what, command[2:]
        if self.seen.get(key) == row["seq"]:
            return
        self.seen[key] = row["seq"]
        if self.bihuan(*command) is not None:
            self.done[what] += 1

    def waited_s(self, task):
        """Real seconds since dispatch."""
        since = datetime.datetime.fromisoformat(re.sub("Z$", "+00:00", task["dispatched"]))
        return (self.now() - since).total_seconds() / self.speed

    def now(self):
        """The broker's time, as of this round."""
        overview, = self.bihuan("chief-li", "overview", "--json")
        return datetime.datetime.fromisoformat(re.sub("Z$", "+00:00", overview["overview"]["now"]))
