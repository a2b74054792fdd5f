"""Rows of one broker with much in it: open incidents, clocks due at once, questions, workers, rules and polygons, a day."""

import csv
import json
import math
import os
import subprocess
import time

import cities
import measure
import servers
from measure import settled
from servers import system

PUBLISHED, LOOPED, RECENT = 1024, 1024, 10000


def named(count):
    return f"{count:,} open"


def broker(bench, name):
    server = servers.Bihuan()
    server.folder = os.path.join(bench.folder, name)
    server.fresh()
    return server


def fill(bench, server, count, kind=1):
    if count:
        bench.load(server, "publish", window=PUBLISHED, count=count, seconds=600, warm=0, type=kind)


def backlog(bench):
    """The same work with nothing, much and very much open: each incident with a task and three running clocks."""
    full = {}
    try:
        for count in bench.options.open:
            full[count] = filled(bench, count)
        for round_ in range(bench.options.rounds):
            for count in (0, *full):
                server = full.get(count) or broker(bench, "empty")
                for what, window in (("publish", PUBLISHED), ("loop", LOOPED)):
                    bench.take(f"backlog {what}", named(count), round_,
                               bench.load(server, what, window=window, seconds=min(2, bench.options.seconds)))
                server.stop() if count == 0 else None
            words(bench, full, round_)
    finally:
        for server in full.values():
            server.stop()


def filled(bench, count):
    """A broker with so many open; what it took on the way."""
    server, disk, written = broker(bench, f"open-{count}"), measure.Disk(bench.folder), []
    before = measure.rss_anon(server.broker.process.pid)
    with disk.bytes(written):
        fill(bench, server, count)
        metrics = settled(server)
    memory = measure.rss_anon(server.broker.process.pid) - before
    bench.keep("backlog memory", named(count), 0, memory / count, "B RssAnon an incident")
    bench.keep("backlog file", named(count), 0, metrics["bihuan_store_used_bytes"] / count, "B an incident")
    bench.keep("backlog written", named(count), 0, written[0] / count, "B an event, by the disk")
    began, cpu = time.monotonic(), measure.cpu_seconds(server.broker.process.pid)
    time.sleep(5)
    cpu = (measure.cpu_seconds(server.broker.process.pid) - cpu) / (time.monotonic() - began)
    bench.keep("backlog idle", named(count), 0, 100 * cpu, "% of a core")
    restarts(bench, server, count)
    return server


def words(bench, full, round_):
    """Acts of the centre (催办) on any of very many, and on those that came last."""
    if full:
        count = max(full)
        for name, first in (("random", 1), ("recent", max(1, count - RECENT))):
            flags = {"from": first, "to": count, "window": PUBLISHED, "seconds": min(2, bench.options.seconds)}
            bench.take("backlog words", name, round_, bench.load(full[count], "urge", **flags))


def restarts(bench, server, count):
    """From the start of the process to a receipt: after a stop, after a stop with cold caches, after kill -9."""
    def measured(row, round_):
        began = time.monotonic()
        server.broker.process = system.Process([system.binary("bihuand"), *server.broker.flags])
        bench.load(server, "publish", count=1, warm=0)
        bench.keep(row, named(count), round_, time.monotonic() - began, "s to first receipt")
    for round_ in range(min(3, bench.options.rounds)):
        server.broker.stop()
        measured("restart warm", round_)
        server.broker.kill()
        measured("restart killed", round_)
        server.broker.stop()
        if os.getuid() == 0:
            os.sync()
            with open("/proc/sys/vm/drop_caches", "w", encoding="ascii") as file:
                file.write("3")
            measured("restart cold", round_)
        else:
            server.broker.start()


def questions(bench):
    """First pages of a million, alone with a steady stream of events: their times, and the events'."""
    server, steady = broker(bench, "asked"), {"rate": bench.options.rates[0], "seconds": max(3, bench.options.seconds)}
    try:
        fill(bench, server, max(bench.options.open, default=0))
        for round_ in range(bench.options.rounds):
            alone = bench.load(server, "publish", **steady)
            publishing = bench.start_load(server, "publish", **steady)
            for what in ("queue", "list"):
                answer = bench.load(server, what, unit="night", seconds=steady["seconds"] / 2 - 0.5)
                whole = answer["whole_us"]
                bench.keep(f"queries {what}", "bihuan", round_, whole["p99"] / 1e3, "ms p99", p50=whole["p50"], p99=whole["p99"],
                           p999=whole["p999"], per_second=answer["per_second"])
            beside = json.loads(publishing.communicate()[0])
            for name, answer in (("alone", alone), ("beside", beside)):
                bench.keep("queries publish", name, round_, answer["whole_us"]["p99"], "µs p99",
                           p50=answer["whole_us"]["p50"], p99=answer["whole_us"]["p99"], p999=answer["whole_us"]["p999"])
    finally:
        server.stop()


DUE_S = 40  # of type 3: clocks.yaml of bench/city


def clocks(bench):
    """Many clocks due within the second or two that their incidents came in, while events come at a steady rate."""
    for round_ in range(min(3, bench.options.rounds)):
        server = broker(bench, "clocks")
        try:
            began = time.monotonic()
            fill(bench, server, bench.options.clocks, kind=3)
            filled_s = time.monotonic() - began
            offset = time.monotonic() - began
            answer = bench.load(server, "publish", rate=bench.options.rates[0], warm=0, seconds=DUE_S - offset + filled_s + 5,
                                timeline=True)
            bench.keep("clocks publish p99", "bihuan", round_, while_due(answer["timeline"], DUE_S - offset, filled_s + 2), "×",
                       timeline=answer["timeline"])
            late = lateness(server)
            bench.keep("clocks fired", "bihuan", round_, max(late), "s behind, the last", fired=len(late), filled_s=filled_s)
        finally:
            server.stop()


def while_due(timeline, first, length):
    """The p99 of the worst second while clocks are due, beside that of a usual span as long before."""
    p99 = [point[3] for point in timeline]
    first, length = round(first), max(1, math.ceil(length))
    before = [max(p99[at:at + length]) for at in range(2, max(3, first - length))]
    return max(p99[first:first + length]) / measure.median(before)


def lateness(server):
    """Of every clock that fired: seconds between when it was due and its record."""
    found = []
    with subprocess.Popen([system.binary("bihuan"), "tail", "--from", "0", "--json"], env=server.env(), text=True,
                          stdout=subprocess.PIPE) as tail:
        for line in tail.stdout:
            if '"kind":"rung"' in line:
                record = json.loads(line)
                found.append(seconds(record["at"]) - seconds(record["rung"]["due"]))
    return found


def seconds(text):
    """Of an instant's text, within a day: 2026-11-28T04:00:00.123Z"""
    hours, minutes, rest = text[11:].rstrip("Z").split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


def fan_out(bench):
    """Loops over one, many and very many connections that work, and with one among them that is slow."""
    for round_ in range(bench.options.rounds):
        for workers, slow in ((1, 0), (100, 0), (1000, 0), (1000, 1)):
            server = broker(bench, "fan-out")
            name = f"{workers:,} workers" + (", one slow" if slow else "")
            bench.take("fan-out 1,024", name, round_, bench.load(server, "loop", window=LOOPED, workers=workers, slow=slow))
            server.stop()


def route(bench):
    """Rules and polygons by the room itself, without a broker."""
    folder = os.path.join(bench.folder, "routes")
    for rules, polygons in ((100, 1000), (1000, 10000), (10000, 100000)):
        cities.write(folder, rules, polygons)
        for round_ in range(min(3, bench.options.rounds)):
            answer = bench.limit("bench_route", folder, min(1, bench.options.seconds))
            bench.keep("route by code", f"{rules:,} rules", round_, answer["code_ns"], "ns", hits=answer["code_hits"])
            bench.keep("route by point", f"{polygons:,} polygons", round_, answer["point_ns"], "ns", hits=answer["point_hits"])


SAMPLE = "samples/nyc311_dev_3070.csv"
A_DAY, STORM_HOUR, STORM = 1_000_000, 17, 5


def day(bench):
    """A day of a big city, sped up: its hours as in a real sample, scaled to a million cases, and a storm at five."""
    path = os.path.join(system.DATA, SAMPLE)
    if not os.path.exists(path):
        print(f"  skipped: no sample at {path} (set BIHUAN_DATA)")
        return
    hours, length = [0] * 24, bench.options.day
    with open(path, encoding="utf-8") as file:
        for row in csv.DictReader(file):
            hours[int(row["Created"][11:13])] += 1 if row["Created"][11:] != "00:00:00" else 0  # which only says "that day"
    scale = A_DAY / sum(hours) / (length / 24)
    curve = os.path.join(bench.folder, "day.curve")
    with open(curve, "w", encoding="ascii") as file:
        for second in range(length):
            hour = math.floor(second * 24 / length)
            file.write(f"{hours[hour] * scale * (STORM if hour == STORM_HOUR else 1):.1f}\n")
    server = broker(bench, "day")
    try:
        answer = bench.load(server, "loop", curve=curve, seconds=length, warm=0, workers=16, window=LOOPED, timeline=True)
        bench.keep("day of a big city", "bihuan", 0, answer["per_second"], "loops a second", timeline=answer["timeline"],
                   p50=answer["whole_us"]["p50"], p99=answer["whole_us"]["p99"], p999=answer["whole_us"]["p999"],
                   unanswered=answer["unanswered"], receipt_p99=answer["receipt_us"]["p99"])
    finally:
        server.stop()
