"""The demo's sums, computed from the trail alone, and compared with what sources, workers and the command centre wrote
down for themselves. Also a program: summary.py TRAIL LOGS-FOLDER."""

import collections
import glob
import json
import os
import sys

CLOCKS = ("dispatch", "respond", "arrive", "handle", "feedback", "verify", "resolve")


def read(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


class Trail:
    """Everything the records say, added up."""

    def __init__(self, records):
        self.records = [record for record in records if "seq" in record]
        self.heads, self.tasks, self.clocks = {}, {}, {}
        self.accepted = collections.Counter()   # by source
        self.said = collections.Counter()       # by (principal, word)
        self.kinds = collections.Counter()
        self.rungs = collections.Counter()      # by colour
        self.unrouted = collections.Counter()   # by reason
        self.returned = collections.Counter()   # by unit: a transfer changes the task's unit later
        self.redelivered = self.resumed = self.desk = 0
        lost = set()                            # tasks whose lease ended since they were last offered
        for record in self.records:
            self.add(record, lost)

    def add(self, record, lost):
        kind = record["kind"]
        self.kinds[kind] += 1
        if kind == "opened":
            head = record["changes"][0]["head"]
            self.accepted[record["principal"]] += 1
            self.unrouted[head.get("unrouted", "")] += head["state"] == "unrouted"
            self.desk += head["state"] == "desk"
        if kind == "returned":
            self.returned[record["changes"][0]["tasks"][0]["unit"]] += 1
        if kind == "rung":
            self.rungs[record["rung"]["colour"]] += 1
        if record.get("word"):
            self.said[record.get("principal"), record["word"]] += 1
        for change in record.get("changes", ()):
            self.change(kind, change, lost)

    def change(self, kind, change, lost):
        incident = change["incident"]
        if change.get("head"):
            self.heads[incident] = change["head"]
        for task in change.get("tasks", ()):
            key = incident, task["no"]
            self.tasks[key] = task
            if kind == "lease_ended":
                lost.add(key)
            elif kind == "offered" and key in lost:
                lost.remove(key)
                if task["state"] == "offered":
                    self.redelivered += 1
                else:
                    self.resumed += 1
        for clock in change.get("clocks", ()):
            self.clocks[incident, clock["kind"], clock.get("task", 0)] = clock

    def in_state(self, *states):
        return [incident for incident, head in self.heads.items() if head["state"] in states]

    @property
    def closed(self):
        return len(self.in_state("closed"))


class Logs:
    """What those who took part wrote down: source-NAME, worker-NAME, centre."""

    def __init__(self, folder):
        self.receipts = {}  # source → incident → receipt
        for path in glob.glob(os.path.join(folder, "source-*")):
            source = os.path.basename(path)[len("source-"):]
            self.receipts[source] = {line["incident"]: line for line in read(path) if "incident" in line}
        self.words = [line for path in glob.glob(os.path.join(folder, "worker-*")) for line in read(path)
                      if line["log"] == "word" and not line.get("repeat")]


def differences(trail, logs, overview):
    """Every way in which the broker's sums and the participants' own differ; none when all is well."""
    def compare(what, broker, theirs):
        if broker != theirs:
            yield f"{what}: the broker says {broker}, they say {theirs}"

    for source, receipts in sorted(logs.receipts.items()):
        yield from compare(f"accepted from {source}", trail.accepted[source], len(receipts))
    yield from compare("accepted in all", sum(trail.accepted.values()), sum(map(len, logs.receipts.values())))
    opened = {change["incident"]: record["seq"] for record in trail.records if record["kind"] == "opened"
              for change in record["changes"][:1]}
    for receipts in logs.receipts.values():
        for incident, receipt in receipts.items():
            yield from compare(f"sequence of {incident}", opened.get(incident), receipt["seq"])

    departments = {principal for principal, _ in trail.said if principal and principal.startswith("dept-")}
    by_unit = collections.Counter((f"dept-{line['unit']}", line["verb"]) for line in logs.words)
    said = collections.Counter({key: n for key, n in trail.said.items() if key[0] in departments})
    for key in sorted(set(by_unit) | set(said)):
        yield from compare(f"{key[1]} by {key[0]}", said[key], by_unit[key])
    words = {record["seq"]: record.get("word") for record in trail.records}
    for line in logs.words:
        yield from compare(f"record {line['seq']}", words.get(line["seq"]), line["verb"])

    if overview:
        yield from compare("overview's accepted", overview["accepted"], sum(trail.accepted.values()))
        yield from compare("overview's closed", overview["closed"], trail.closed)


def lines(trail):
    """The summary for people."""
    ended = len(trail.in_state("merged", "cancelled", "rejected"))
    yield f"accepted {sum(trail.accepted.values())}   closed {trail.closed}   ended otherwise {ended}   " \
          f"still open {len(trail.heads) - trail.closed - ended}"
    yield "  from sources: " + "  ".join(f"{source} {n}" for source, n in sorted(trail.accepted.items()))
    yield ""
    units = collections.defaultdict(collections.Counter)
    for task in trail.tasks.values():
        units[task["unit"]][task["state"]] += 1
    yield "  department        done  returned  open    signed in time"
    for unit, states in sorted(units.items(), key=lambda item: -sum(item[1].values())):
        clocks = [clock["state"] for (incident, kind, no), clock in trail.clocks.items()
                  if kind == "respond" and trail.tasks.get((incident, no), {}).get("unit") == unit]
        met, late = clocks.count("met"), clocks.count("late")
        in_time = f"{met} of {met + late}" if met + late else "-"
        yield f"  {unit:16}{states['done']:6}{trail.returned[unit]:10}{sum(states.values()) - states['done']:6}    {in_time}"
    yield ""
    verdicts = collections.Counter((kind, clock["state"]) for (_, kind, _), clock in trail.clocks.items())
    yield "  in time: " + "   ".join(
        f"{kind} {verdicts[kind, 'met']}/{verdicts[kind, 'met'] + verdicts[kind, 'late']}" for kind in CLOCKS
        if verdicts[kind, "met"] + verdicts[kind, "late"])
    yield "  rungs: " + "   ".join(f"{colour} {trail.rungs[colour]}" for colour in ("blue", "yellow", "red", "up"))
    yield f"  returned {sum(trail.returned.values())}   redelivered {trail.redelivered}   resumed {trail.resumed}   " \
          f"shelved {trail.kinds['shelved']}   reworked {trail.kinds['reworked']}"
    unrouted = sum(trail.unrouted.values())
    reasons = ", ".join(f"{reason} {n}" for reason, n in sorted(trail.unrouted.items()) if n)
    yield f"  unrouted {unrouted}{f' ({reasons})' if reasons else ''}, to the desk {trail.desk}: assigned by people {trail.kinds['assigned']}"


def missing(trail):
    """What a demo must have shown and this one has not."""
    verdicts = {clock["state"] for clock in trail.clocks.values()}
    shown = {"in time": "met" in verdicts, "late": "late" in verdicts, "escalated": trail.rungs["up"],
             "returned": sum(trail.returned.values()), "redelivered": trail.redelivered, "closed": trail.closed}
    return [what for what, happened in shown.items() if not happened]


def report(records, folder, overview=None):
    """Prints the summary. True when all sums agree and everything was shown."""
    trail = Trail(records)
    print("\n".join(lines(trail)))
    wrong = list(differences(trail, Logs(folder), overview))
    unseen = missing(trail)
    print()
    for line in wrong[:20]:
        print("DIFFERS  " + line)
    for what in unseen:
        print("NOT SHOWN  " + what)
    if not wrong:
        print("The broker's sums equal the sources' and workers' own logs.")
    return not wrong and not unseen


if __name__ == "__main__":
    sys.exit(0 if report(read(sys.argv[1]), sys.argv[2]) else 1)
