"""What a run has measured, as a table, against the targets; as JSON, CSV and plots; and as RESULTS.md."""

import csv
import json
import os
import platform
import shutil
import subprocess
import time

import measure
from measure import figure, median

HERE = os.path.dirname(os.path.abspath(__file__))


class Target:
    """ratio: our row and system over theirs (one of them; `best`: the best of them), by round, then the median. A bound
    without a comparison is of the value itself."""

    def __init__(self, text, bound, ours, theirs=(), best=max, field="value", scale=1.0):
        self.text, self.bound, self.ours, self.theirs = text, bound, ours, theirs
        self.best, self.field, self.scale = best, field, scale

    def figures(self, bench):
        """By round; empty when something of it was not measured."""
        ours = bench.of(*self.ours, self.field)
        them = [bench.of(*other, self.field) for other in self.theirs]
        them = [one for one in them if one]
        if not self.theirs:
            return [value * self.scale for value in ours.values()]
        return [value / self.best(one[round_] for one in them if round_ in one) for round_, value in ours.items()
                if any(one.get(round_) for one in them)]

    def met(self, value):
        relation, limit = self.bound
        return value >= limit if relation == "≥" else value <= limit


US, FSYNCING = "bihuan", ("redis", "beanstalkd", "rabbitmq", "postgresql")
TARGETS = (
    Target("publish 1,024 in flight / Redis", ("≥", 2.5), ("publish 1,024", US), (("publish 1,024", "redis"),)),
    Target("… / NATS, which does not fsync", ("≥", 1.5), ("publish 1,024", US), (("publish 1,024", "nats"),)),
    Target("… / LMDB alone, or the bound of ZeroMQ and LMDB on two cores", ("≥", 0.8), ("publish 1,024", US),
           (("publish 1,024", "LMDB alone"), ("publish 1,024", "ZeroMQ+LMDB, 2 cores")), min),
    Target("publish 1,024, CURVE / Redis", ("≥", 1.5), ("publish 1,024", "bihuan curve"), (("publish 1,024", "redis"),)),
    Target("publish 64 / the best that fsyncs", ("≥", 1.2), ("publish 64", US), [("publish 64", peer) for peer in FSYNCING]),
    Target("publish 1 / Redis", ("≥", 0.85), ("publish 1", US), (("publish 1", "redis"),)),
    Target("publish 1, p50 / a durable write of the same kind, p50", ("≤", 1.3), ("publish 1", US),
           (("publish 1", "O_DSYNC"),), field="p50"),
    Target("loop 1,024 / Redis, the same four steps", ("≥", 2), ("loop 1,024", US), (("loop 1,024", "redis"),)),
    Target("loop 1,024 / RabbitMQ's cycle", ("≥", 3), ("loop 1,024", US), (("loop 1,024", "rabbitmq"),)),
    Target("loop 64 / Redis", ("≥", 1.2), ("loop 64", US), (("loop 64", "redis"),)),
    Target("publish with 1 M open / empty", ("≥", 0.9), ("backlog publish", "1,000,000 open"), (("backlog publish", "0 open"),)),
    Target("loop with 1 M open / empty", ("≥", 0.9), ("backlog loop", "1,000,000 open"), (("backlog loop", "0 open"),)),
    Target("words on random of 1 M / on recent ones", ("≥", 0.8), ("backlog words", "random"), (("backlog words", "recent"),)),
    Target("RssAnon an incident, of 1 M", ("≤", 400), ("backlog memory", "1,000,000 open")),
    Target("restart with 1 M open to first receipt, warm, s", ("≤", 1), ("restart warm", "1,000,000 open")),
    Target("… cold, s", ("≤", 2.5), ("restart cold", "1,000,000 open")),
    Target("bytes written an event, publish 1,024 / event size, with the log in front", ("≤", 3.5),
           ("backlog written", "1,000,000 open"), scale=1 / 512),
    Target("100,000 clocks due at once, all fired, s", ("≤", 2), ("clocks fired", US)),
    Target("… publish p99 meanwhile / otherwise", ("≤", 2), ("clocks publish p99", US)),
    Target("route by code, µs", ("≤", 1), ("route by code", "10,000 rules"), scale=1e-3),
    Target("route by point, µs", ("≤", 5), ("route by point", "100,000 polygons"), scale=1e-3),
    Target("queue on 1 M, p99 ms", ("≤", 50), ("queue on 1 M", US)),
    Target("ls on 1 M, first page, p99 ms", ("≤", 50), ("list on 1 M", US)),
    Target("… publish p99 meanwhile / otherwise", ("≤", 1.2), ("publish beside queries", "beside"),
           (("publish beside queries", "alone"),)),
)


# --- tables: Markdown that is aligned, so that it reads on a terminal too ---

def table(head, rows):
    cells = [list(map(str, row)) for row in [head, *rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    lines = ["| " + " | ".join(cell.ljust(width) if i == 0 else cell.rjust(width)
                                for i, (cell, width) in enumerate(zip(row, widths))) + " |" for row in cells]
    rule = "| " + " | ".join("-" * width if i == 0 else "-" * (width - 1) + ":" for i, width in enumerate(widths)) + " |"
    return "\n".join([lines[0], rule, *lines[1:]])


def unique(values):
    return list(dict.fromkeys(values))


def spread(values):
    values = list(values)
    if not values:
        return "–"
    middle = figure(median(values))
    return middle if len(values) == 1 else f"{middle} ({figure(min(values))}–{figure(max(values))})"


def by_group(bench):
    """Rows by the first word of their name, each with systems as its lines and rows as columns."""
    for group in unique(s["row"].split()[0] for s in bench.samples):
        rows = unique(s["row"] for s in bench.samples if s["row"].split()[0] == group)
        lines = [[name] + [spread(bench.of(row, name).values()) for row in rows]
                 for name in unique(s["system"] for s in bench.samples if s["row"] in rows)]
        units = {row: next(s["unit"] for s in bench.samples if s["row"] == row) for row in rows}
        yield group, table([""] + [f"{row}, {units[row]}" for row in rows], lines)


def latencies(bench):
    """p50, p99 and p99.9 of what has them, in milliseconds."""
    def at(row, name, field):
        value = median(bench.of(row, name, field).values())
        return "–" if value is None else f"{value / 1e3:.2f}"
    pairs = unique((s["row"], s["system"]) for s in bench.samples if s.get("p99") is not None)
    return table(["ms", "", "p50", "p99", "p99.9"], [[row, name, *(at(row, name, f) for f in ("p50", "p99", "p999"))]
                                                   for row, name in pairs])


def targets(bench):
    rows = []
    for target in TARGETS:
        figures = target.figures(bench)
        value = median(figures)
        if value is None and bench.options.rows:
            continue  # it was not asked for
        verdict = "not measured" if value is None else "met" if target.met(value) else "**NOT met**"
        rows.append([target.text, f"{target.bound[0]} {target.bound[1]}", spread(figures), verdict])
    return table(["target", "", "this run", ""], rows)


# --- where it was ---

def said(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def machine(folder):
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        processor = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), platform.machine())
    return {"date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()), "kernel": platform.release(), "processor": processor,
            "cores": os.cpu_count(), "disk": said("findmnt", "-n", "-o", "SOURCE,FSTYPE,OPTIONS", "-T", folder),
            "commit": said("git", "-C", HERE, "rev-parse", "--short", "HEAD")}


# --- files ---

def write(bench, about, peers):
    folder = bench.options.out
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "bench.json"), "w", encoding="utf-8") as file:
        json.dump({"machine": about, "systems": peers, "options": vars(bench.options), "samples": bench.samples}, file, indent=1,
                  ensure_ascii=False)
    with open(os.path.join(folder, "bench.csv"), "w", encoding="utf-8", newline="") as file:
        fields = ["row", "system", "round", "value", "unit", "p50", "p99", "p999"]
        writer = csv.DictWriter(file, fields, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(bench.samples)
    plots = plot(bench, folder)
    text = results(bench, about, peers, plots)
    with open(os.path.join(folder, "RESULTS.md"), "w", encoding="utf-8") as file:
        file.write(text)
    if bench.options.results:
        shutil.copy(os.path.join(folder, "RESULTS.md"), HERE)
        for name in plots:
            os.makedirs(os.path.join(HERE, "plots"), exist_ok=True)
            shutil.copy(os.path.join(folder, name), os.path.join(HERE, "plots"))
    return text


def results(bench, about, peers, plots):
    parts = ["# Results of one run\n\nWritten by `make bench` (bench/report.py). Use the ratios: a machine's mood changes its "
             "figures, not these.\n",
             table(["", ""], [[name, about[name]] for name in about] +
                   [["rounds, seconds of each measurement", f"{bench.options.rounds}, {bench.options.seconds:g}"]]),
             "\n## Systems\n", table(["system", "version", "settings"],
                                     [[name, *peers[name]] for name in peers]),
             "\n## Targets\n\nMedian of the rounds' ratios (lowest–highest).\n", targets(bench)]
    for group, text in by_group(bench):
        parts.append(f"\n## {group.capitalize()}\n\nMedian of the rounds (lowest–highest).\n\n{text}")
    if any(sample.get("p99") is not None for sample in bench.samples):
        parts.append("\n## Latencies\n\nOf closed loops, and of open ones counted from when each request "
                     "should have left.\n\n" + latencies(bench))
    if plots:
        parts.append("\n## Curves\n")
        parts += [f"![{name[:-4]}](plots/{name})" for name in plots]
    return "\n".join(parts) + "\n"


# --- plots ---

CURVES = (  # file, title, rows (each a line), x of a system's name, unit
    ("backlog", "with so many open", ("backlog publish", "backlog loop"), "/s"),
    ("route-rules", "ns a route, by rules", ("route by code",), "ns"),
    ("route-polygons", "ns a point, by polygons", ("route by point",), "ns"),
    ("fan-out", "loops a second, by connected workers", ("fan-out 1,024",), "/s"),
)


def leading_number(name):
    word = name.split()[0].replace(",", "")
    return int(word) if word.isdigit() and "slow" not in name else None


def plot(bench, folder):
    """The files made; none without matplotlib."""
    try:
        import matplotlib
    except ImportError:
        print("python3-matplotlib is not installed: no plots")
        return []
    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "bihuan"
    from matplotlib import pyplot
    made = []

    def save(name):
        pyplot.tight_layout()
        pyplot.savefig(os.path.join(folder, name + ".svg"), metadata={"Date": None})
        pyplot.close()
        made.append(name + ".svg")

    for name, title, rows, unit in CURVES:
        lines = [(row, [(leading_number(s), median(bench.of(row, s).values())) for s in
                        unique(x["system"] for x in bench.samples if x["row"] == row) if leading_number(s) is not None])
                 for row in rows]
        if not any(points for _, points in lines):
            continue
        pyplot.figure(figsize=(6, 3.5))
        for row, points in lines:
            pyplot.plot([max(1, x) for x, _ in sorted(points)], [y for _, y in sorted(points)], marker="o", label=row)
        pyplot.xscale("log")
        pyplot.ylim(bottom=0)
        pyplot.title(title)
        pyplot.ylabel(unit)
        pyplot.legend()
        save(name)
    for group in ("publish", "loop"):
        rows = [row for row in unique(s["row"] for s in bench.samples) if row.split()[0] == group and " by " not in row]
        if rows:
            bars(bench, pyplot, group, rows)
            save(group)
    for sample in bench.samples:
        if sample.get("timeline") and sample["round"] == 0:
            over_time(pyplot, sample)
            save(sample["row"].replace(" ", "-"))
    return made


def bars(bench, pyplot, group, rows):
    names = [n for n in unique(s["system"] for s in bench.samples if s["row"] in rows) if n != "bihuan, a commit"]
    figure_, axes = pyplot.subplots(1, len(rows), figsize=(4 * len(rows), 4), sharey=True, squeeze=False)
    for axis, row in zip(axes[0], rows):
        values = [median(bench.of(row, name).values()) or 0 for name in names]
        axis.barh(names, values, color=["C0" if name.startswith("bihuan") else "C7" for name in names])
        axis.invert_yaxis() if row == rows[0] else None
        axis.set_title(f"{row}, /s")


def over_time(pyplot, sample):
    pyplot.figure(figsize=(8, 4))
    seconds = [point[0] for point in sample["timeline"]]
    pyplot.plot(seconds, [point[2] / 1e3 for point in sample["timeline"]], label="p50, ms")
    pyplot.plot(seconds, [point[3] / 1e3 for point in sample["timeline"]], label="p99, ms")
    pyplot.yscale("log")
    pyplot.xlabel("s")
    pyplot.legend(loc="upper left")
    other = pyplot.twinx()
    other.plot(seconds, [point[1] for point in sample["timeline"]], color="C7", alpha=0.6, label="answers a second")
    other.legend(loc="upper right")
    pyplot.title(sample["row"])
