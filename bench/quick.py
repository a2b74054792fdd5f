"""Runs bench_publish, bench_redis and bench_fsync in turns, prints a table of medians, writes JSON. See ops/bench-quick."""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests/system"))
import broker as system  # noqa: E402

WINDOWS = (1, 64, 1024)
BODY_BYTES = 512
TARGET_AT_1024 = 1.5


class Redis:
    """A Redis server on a unix socket, as durable as a receipt: one fsync before each reply."""

    def __init__(self, folder):
        os.makedirs(folder)
        self.socket = os.path.join(folder, "redis.sock")
        self.process = system.Process(["redis-server", "--port", "0", "--unixsocket", self.socket, "--dir", folder,
                                       "--appendonly", "yes", "--appendfsync", "always", "--save", "",
                                       "--auto-aof-rewrite-percentage", "0"])  # no rewriting beside what is measured
        self.process.out.until(lambda line: "ready to accept connections" in line.lower())

    def stop(self):
        self.process.kill()


def program(name, *args):
    done = subprocess.run([system.binary(f"bench/{name}"), *map(str, args)], stdout=subprocess.PIPE, check=True, text=True)
    return json.loads(done.stdout)


def rounds(options, folder):
    """Each round measures every pair at once after another, so that both meet the same disk."""
    redis = Redis(os.path.join(folder, "redis"))
    bihuan = system.Broker(folder=os.path.join(folder, "bihuan"), keys=(),
                            flags=("--map-size=65536",))
    try:
        bihuan.start()
        for number in range(options.rounds):
            for window in WINDOWS:
                yield {
                    "round": number, "window": window,
                    "fdatasync": program("bench_fsync", os.path.join(folder, "fsync"), 1),
                    "redis": program("bench_redis", redis.socket, window, options.seconds, BODY_BYTES),
                    "bihuan": program("bench_publish", f"ipc://{bihuan.ipc}", window, options.seconds, options.type,
                                      options.area),
                }
        bihuan.stop()
    finally:
        bihuan.close()
        redis.stop()


def summary(measured):
    for window in WINDOWS:
        rows = [row for row in measured if row["window"] == window]
        median = {what: statistics.median(row[what]["per_second"] for row in rows)
                  for what in ("fdatasync", "redis", "bihuan")}
        yield {"window": window, **median,
               "p50_us": statistics.median(row["bihuan"]["p50_us"] for row in rows),
               "p99_us": statistics.median(row["bihuan"]["p99_us"] for row in rows),
               "ratio": statistics.median(row["bihuan"]["per_second"] / row["redis"]["per_second"] for row in rows)}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=4, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", default=os.path.join(ROOT, "build"), help="on the disk to measure")
    parser.add_argument("--type", default="2.01")
    parser.add_argument("--area", default="620899001001")
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="bench-", dir=options.folder)
    measured = []
    try:
        for row in rounds(options, folder):
            print("round {} window {:5}: fdatasync {:8,}/s  redis {:8,}/s  bihuan {:8,}/s".format(
                row["round"] + 1, row["window"], *(row[what]["per_second"] for what in ("fdatasync", "redis", "bihuan"))),
                flush=True)
            measured.append(row)
    finally:
        shutil.rmtree(folder)
    result = list(summary(measured))
    print(f"\npublish acknowledgements a second, median of {options.rounds} rounds; the ratio is the median of the rounds' ratios")
    print("in flight   fdatasync      redis     bihuan   ratio   ack p50    p99")
    for row in result:
        print("{window:9,} {fdatasync:11,.0f} {redis:10,.0f} {bihuan:10,.0f} {ratio:7.2f} {p50:7.2f} {p99:6.2f} ms".format(
            **row, p50=row["p50_us"] / 1000, p99=row["p99_us"] / 1000))
    with open(os.path.join(ROOT, "build/bench-quick.json"), "w", encoding="utf-8") as file:
        json.dump({"summary": result, "rounds": measured}, file, indent=1)
    print("all of it: build/bench-quick.json")
    reached = result[-1]["ratio"]
    print(f"at 1,024 in flight: {reached:.2f} × Redis ({'at least' if reached >= TARGET_AT_1024 else 'BELOW'} {TARGET_AT_1024})")
    return 0 if reached >= TARGET_AT_1024 else 1


if __name__ == "__main__":
    sys.exit(main())
