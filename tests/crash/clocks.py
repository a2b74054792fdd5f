"""A broker whose clocks a test sets while it runs (clock_shim.c), and what must then be so: the oracle counts by CLOCK_BOOTTIME as
the shim tells it, by when an event was sent and when its rung was heard of, and by limits that it knows itself."""

import datetime
import json
import mmap
import os
import struct
import subprocess
import threading
import time

from rig import AREA, BUILD, LIMIT_S, Rig, binary, preloaded

SHIM = os.path.join(BUILD, "crash/clock_shim.so")
WALL, ASLEEP = range(2)
NS = 1_000_000_000
SLEW_S = 300  # a smaller step of the wall is slewed in, a twentieth of the time that passes
ROUNDING_S = 0.005
APART_S = 0.03  # the broker reads the wall and CLOCK_BOOTTIME in two moments; what a step is said to be differs by that
MINUTE_S = 60  # a broker that was down cannot know better
LEAP_S = 1.1  # a second and less is no step


class Clocks:
    """The clocks of a broker: the machine's, and what is added."""

    def __init__(self, path, wall=None):
        with open(path, "wb") as file:
            file.write(bytes(16))
        with open(path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), 16)
        if wall:
            self.add(WALL, wall.timestamp() - time.time())

    def added(self, clock):
        return struct.unpack_from("q", self.map, 8 * clock)[0]

    def add(self, clock, seconds):
        struct.pack_into("q", self.map, 8 * clock, self.added(clock) + round(seconds * NS))

    def step(self, seconds):
        """Somebody sets the wall."""
        self.add(WALL, seconds)

    def suspend(self, seconds):
        """The machine sleeps: CLOCK_MONOTONIC does not count that."""
        self.add(ASLEEP, seconds)

    def boot_s(self):
        return (time.clock_gettime_ns(time.CLOCK_BOOTTIME) + self.added(ASLEEP)) / NS

    def wall_s(self):
        return (time.time_ns() + self.added(WALL) + self.added(ASLEEP)) / NS


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def told_step(line):
    """Seconds of a step that the log tells; 0 of any other line."""
    return int(line.split("wall_step ms=")[1].split(":")[0]) / 1000 if "wall_step ms=" in line else 0


class Watch(Rig):
    """A broker under the shim, with a feed that is read along; what was sent, answered and heard, and when by CLOCK_BOOTTIME.

    limits: of each type, clock → what tells when its rungs are due, of the time of acceptance."""

    def __init__(self, name, limits, wall=None, zone=None):
        super().__init__(name, keys=(), http=True)
        self.limits = limits
        self.clocks = Clocks(self.path("clocks"), wall)
        self.env = preloaded(SHIM, SHIM_CLOCKS=self.path("clocks"), **({"TZ": zone} if zone else {}))
        self.sent, self.heard, self.steps = [], {}, []
        self.ahead = self.behind = 0  # how far the broker's time may have moved beside CLOCK_BOOTTIME, at most
        self.jumps = False  # after a restart that may be all at once

    # --- what is done ---

    def begin(self):
        self.start()
        self.listen()
        return self

    def listen(self):
        feed = self.run(binary("bihuan"), "tail", "--from", "0", "--follow", "--json")
        threading.Thread(target=self.hear, args=(feed.out.arrived,), daemon=True).start()

    def hear(self, lines):
        """By sequence: the record, and when it was heard of first."""
        while (line := lines.get()) is not None:
            record = json.loads(line)
            if "seq" in record:
                self.heard.setdefault(record["seq"], (record, self.clocks.boot_s()))

    def send(self, type):
        """An event; the bounds of when it was accepted."""
        before = self.clocks.boot_s()
        answer, = self.publish({"id": f"e{len(self.sent)}", "type": type, "area": AREA})
        self.sent.append({"type": type, "incident": answer["incident"], "at": instant(answer["at"]), "from": before,
                          "to": self.clocks.boot_s(), "ahead": self.ahead, "behind": self.behind})
        return self.sent[-1]

    def set_wall(self, seconds, noticed=True):
        """A step; told on the log before anything else is done."""
        if 1 < abs(seconds) < SLEW_S:
            self.ahead += max(seconds, 0)
            self.behind += max(-seconds, 0)
        self.clocks.step(seconds)
        if noticed:
            self.steps.append(seconds)
            self.process.err.until(lambda line: abs(told_step(line) - seconds) < APART_S)

    def lose(self, while_down=lambda: None):
        """The broker is killed, and started anew."""
        down_s, wall_s = self.clocks.boot_s(), self.clocks.wall_s()
        self.kill()
        while_down()
        self.jumps = True
        self.start()
        self.listen()
        passed_s = self.clocks.boot_s() - down_s
        set_s = self.clocks.wall_s() - wall_s - passed_s
        self.ahead += max(set_s, 0)
        self.behind += passed_s if set_s < -ROUNDING_S else 0

    # --- what must be so ---

    def rungs_due(self, event):
        return sum(len(due(event["at"])) for due in self.limits.get(event["type"], {}).values())

    def rungs(self):
        return [(record, heard) for record, heard in list(self.heard.values()) if record["kind"] == "rung"]

    def doze(self, seconds):
        """Real time passes, unless the broker ends."""
        try:
            status = self.process.process.wait(seconds)
            raise AssertionError(f"the broker ended, {status}:\n" + self.process.err.last())
        except subprocess.TimeoutExpired:
            pass

    def await_that(self, holds, limit_s=LIMIT_S):
        ends = time.monotonic() + limit_s
        while not holds() and time.monotonic() < ends:
            self.doze(0.02)
        return holds()

    def await_quiet(self):
        """No turn within a second and more."""
        def turns():
            return self.http("/metrics")[1].split("\nbihuan_turns_total ")[1].split()[0]

        def holds():
            before = turns()
            self.doze(1.2)
            return turns() == before
        assert self.await_that(holds), "it is never quiet"

    def await_record(self, incident, kind):
        def holds():
            return any(record["kind"] == kind and record["changes"][0]["incident"] == incident
                       for record, _ in list(self.heard.values()))
        assert self.await_that(holds), f"no record {kind} of {incident}:\n" + self.process.err.last()

    def await_step(self, seconds):
        """One that a broker found by itself."""
        assert self.await_that(lambda: any(abs(offset - seconds) < MINUTE_S for offset in self.recorded_steps())), \
            f"no step of {seconds} s: {self.recorded_steps()}"

    def await_rungs_until(self, at):
        """All of all events that are due by then, by the broker's time."""
        wanted = sum(due_at <= at for event in self.sent for due in self.limits.get(event["type"], {}).values()
                     for due_at in due(event["at"]))
        return self.await_that(lambda: len(self.rungs()) >= wanted)

    def await_rungs(self, limit_s=LIMIT_S):
        """All that are due, of all events; False when some do not come."""
        wanted = sum(self.rungs_due(event) for event in self.sent)
        return self.await_that(lambda: len(self.rungs()) >= wanted, limit_s)

    def passed(self, since, from_, to):
        """Bounds of how far the broker's time has moved from an event's acceptance to a moment."""
        least, most = from_ - since["to"], to - since["from"]
        ahead, behind, slack = self.ahead, self.behind, ROUNDING_S
        if self.jumps:
            slack += APART_S * len(self.steps)
        else:
            ahead, behind = min(ahead, most / 20), min(behind, most / 20)
        return least - behind - slack, most + ahead + slack

    def due_at(self, event, clock, number):
        """By the broker's time; None when there is no such rung."""
        due = self.limits.get(event["type"], {}).get(clock, lambda at: [])
        return dict(enumerate(due(event["at"]), 1)).get(number)

    def judge(self):
        """Counts of what must not be, and what was wrong."""
        wrong, told, fired = dict.fromkeys(("early", "missed", "doubled", "off", "unrecorded"), 0), [], set()
        by_incident = {event["incident"]: event for event in self.sent}
        for record, heard in self.rungs():
            rung, event = record["rung"], by_incident[record["changes"][0]["incident"]]
            key, due_at = (event["incident"], rung["clock"], rung["number"]), self.due_at(event, rung["clock"], rung["number"])
            if key in fired or due_at is None:
                wrong["doubled"] += 1
                told.append(f"twice, or no such rung: {key}")
            elif (instant(record["at"]) < due_at - ROUNDING_S
                  or self.passed(event, event["to"], heard)[1] < due_at - event["at"]):
                wrong["early"] += 1
                told.append(f"early: {key}, {due_at - event['at']} s after it was accepted")
            fired.add(key)
        wrong["missed"] = max(0, sum(self.rungs_due(event) for event in self.sent) - len(fired))
        for event in self.sent[1:]:
            least, most = self.passed(self.sent[0], event["from"], event["to"])
            if not least <= event["at"] - self.sent[0]["at"] <= most:
                wrong["off"] += 1
                told.append(f"the broker's time moved {event['at'] - self.sent[0]['at']} s, not {least} to {most} s")
        wrong["unrecorded"] = self.unrecorded()
        return wrong, told

    def recorded_steps(self):
        return [record["offset_ms"] / 1000 for _, (record, _) in sorted(self.heard.items()) if record["kind"] == "wall_step"]

    def unrecorded(self):
        """Steps that are not on record in their order; and such as nobody made, unless a restart may have found them."""
        recorded, missing = self.recorded_steps(), 0
        others = sum(abs(offset) > LEAP_S for offset in recorded) - len(self.steps)
        for step in self.steps:
            place = next((i for i, offset in enumerate(recorded) if abs(offset - step) < APART_S), None)
            missing += place is None
            recorded = recorded[place + 1:] if place is not None else recorded
        return missing + (0 if self.jumps else max(0, others))
