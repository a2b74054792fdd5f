"""The demo's sums, computed from the trail alone, and compared with what sources, workers and the command centre wrote
down for themselves. Also a program: summary.py TRAIL LOGS-FOLDER."""

import collections
import glob
import json
import os
import sys

CLOCKS = ("dispatch", "respond", "arrive", "handle", "feedback", "verify", "resolve", "answer")
# What the centre's verbs put on record.
ACTS = {"assign": ("assigned",), "transfer": ("transferred",), "verify": ("verified", "reworked"), "whistle": ("whistled",),
        "callback": ("called_back",)}


def read(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


class Trail:
    """Everything the records say, added up."""

    def __init__(self, records):
        self.records = [record for record in records if "seq" in record]
        self.heads, self.tasks, self.clocks = {}, {}, {}
        self.accepted = collections.Counter()   # by source: incidents opened
        self.folded = collections.Counter()     # by source: reports that folded into one
        self.reports = {}                       # by sequence: (source, incident)
        self.told = collections.defaultdict(set)  # by source: the records that are notices to it
        self.unsolved = 0
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
        if kind in ("opened", "folded"):
            self.reports[record["seq"]] = record["principal"], record["changes"][0]["incident"]
        if kind == "folded":
            self.folded[record["principal"]] += 1
        for source in record.get("tells", ()):
            if kind == "undone":
                self.told[source].discard(record["takes_back"])
            else:
                self.told[source].add(record["seq"])
        self.unsolved += kind == "called_back" and not record.get("solved")
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
    def called(self):
        """The tasks of those who were whistled for."""
        return [task for task in self.tasks.values() if task.get("more", {}).get("whistled")]

    @property
    def closed(self):
        return len(self.in_state("closed"))


class Logs:
    """What those who took part wrote down: source-NAME, notices-NAME, worker-NAME, centre."""

    def __init__(self, folder):
        self.receipts, self.notices = {}, {}  # by source: sequence → receipt; sequences
        for path in glob.glob(os.path.join(folder, "source-*")):
            source = os.path.basename(path)[len("source-"):]
            self.receipts[source] = {line["seq"]: line for line in read(path) if "incident" in line}
        for path in glob.glob(os.path.join(folder, "notices-*")):
            self.notices[os.path.basename(path)[len("notices-"):]] = {line["seq"] for line in read(path)}
        self.acts = collections.Counter(line["verb"] for line in read(os.path.join(folder, "centre")) if line["code"] == 0)
        self.words = [line for path in glob.glob(os.path.join(folder, "worker-*")) for line in read(path)
                      if line["log"] == "word" and not line.get("repeat")]


def differences(trail, logs, overview):
    """Every way in which the broker's sums and the participants' own differ; none when all is well."""
    def compare(what, broker, theirs):
        if broker != theirs:
            yield f"{what}: the broker says {broker}, they say {theirs}"

    for source, receipts in sorted(logs.receipts.items()):
        yield from compare(f"accepted from {source}", trail.accepted[source] + trail.folded[source], len(receipts))
        for seq, receipt in receipts.items():
            yield from compare(f"record {seq}", trail.reports.get(seq), (source, receipt["incident"]))
    yield from compare("accepted in all", len(trail.reports), sum(map(len, logs.receipts.values())))
    for source in sorted(set(trail.told) | set(logs.notices)):
        yield from compare(f"notices to {source}", sorted(trail.told[source]), sorted(logs.notices.get(source, ())))
    for verb, kinds in ACTS.items():
        yield from compare(f"{verb} by the centre", sum(trail.kinds[kind] for kind in kinds), logs.acts[verb])

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
    yield f"reported {len(trail.reports)}   incidents {sum(trail.accepted.values())}   closed {trail.closed}   ended otherwise {ended}   " \
          f"still open {len(trail.heads) - trail.closed - ended}"
    yield "  from sources: " + "  ".join(f"{source} {n + trail.folded[source]}" for source, n in sorted(trail.accepted.items()))
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
    came = sum(1 for task in trail.called if task.get("arrived"))
    yield f"  folded {sum(trail.folded.values())}   whistled {trail.kinds['whistled']}: {came} of {len(trail.called)} checked in   " \
          f"called back {trail.kinds['called_back']}: not solved {trail.unsolved}, opened again {trail.kinds['reopened']}"
    yield "  told, step by step: " + "  ".join(f"{source} {len(seqs)}" for source, seqs in sorted(trail.told.items()))
    unrouted = sum(trail.unrouted.values())
    reasons = ", ".join(f"{reason} {n}" for reason, n in sorted(trail.unrouted.items()) if n)
    yield f"  unrouted {unrouted}{f' ({reasons})' if reasons else ''}, to the desk {trail.desk}: assigned by people {trail.kinds['assigned']}"


def missing(trail):
    """What a demo must have shown and this one has not."""
    verdicts = {clock["state"] for clock in trail.clocks.values()}
    shown = {"in time": "met" in verdicts, "late": "late" in verdicts, "escalated": trail.rungs["up"],
             "returned": sum(trail.returned.values()), "redelivered": trail.redelivered, "closed": trail.closed,
             "folded": sum(trail.folded.values()), "reworked": trail.kinds["reworked"],
             "whistled, and somebody came": any(task.get("arrived") for task in trail.called),
             "called back": trail.kinds["called_back"], "opened again": trail.kinds["reopened"],
             "told": sum(map(len, trail.told.values()))}
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
