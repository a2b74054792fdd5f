"""Rows beside the peers: publish, the full loop, and what bounds both, in turns within each round."""

import os

import measure
import servers
from measure import settled

WINDOWS = ((1, 1), (64, 1), (1024, 1), (1, 16), (64, 16), (1024, 16))
LOOPS = ((1, 1), (64, 1), (1024, 1))
RECORD_BYTES = 1080  # of file for an event of ours, until a run has measured it


def named(row, window, publishers):
    return f"{row} {window:,}" + (f" by {publishers}" if publishers > 1 else "")


def publish(bench, peers):
    group, size = {}, RECORD_BYTES
    for round_ in range(bench.options.rounds):
        for window, publishers in WINDOWS:
            row = named("publish", window, publishers)
            for server in peers:
                server.fresh()
                bench.take(row, server.name, round_, bench.load(server, "publish", window=window, publishers=publishers))
                if server.name == "bihuan":
                    metrics = settled(server)
                    group[row] = metrics["bihuan_records_total"] / max(1, metrics["bihuan_commits_total"])
                    size = measure.median([size, metrics["bihuan_store_used_bytes"] / metrics["bihuan_records_total"]]) \
                        if window == 1024 else size
                    bench.keep(row, "bihuan, a commit", round_, group[row], "records")
            if publishers == 1:
                limits(bench, row, round_, window, group[row], size)
        for server in peers:
            server.stop() if server.name.startswith("bihuan") else None


def limits(bench, row, round_, window, group, size):
    """What one thing alone gives: a durable write, LMDB with our bytes and group, ZeroMQ."""
    seconds, path = min(1.0, bench.options.seconds), os.path.join(bench.folder, "limit")
    group = max(1, round(group))
    for name, kind, each in (("fdatasync", "fdatasync", 4096), ("O_DSYNC", "dsync", 4096)):
        if window == 1:
            answer = bench.limit("limit_disk", path, seconds, each, kind)
            bench.keep(row, name, round_, answer["per_second"], p50=answer["each_us"]["p50"], p99=answer["each_us"]["p99"])
    lmdb = bench.limit("limit_lmdb", path, seconds, round(size), group)
    bench.keep(row, "LMDB alone", round_, lmdb["per_second"], cpu_us=lmdb["cpu_us"], p50=lmdb["each_us"]["p50"],
               settings=f"{round(size)} B a record, {group} a commit")
    ipc, port = f"ipc://{path}.sock", servers.system.free_ports(1)
    for name, address, more in (("ZeroMQ ipc", ipc, ()), ("ZeroMQ curve", f"tcp://127.0.0.1:{port}", ("curve",))):
        zmq = bench.limit("limit_zmq", address, window, seconds, *more)
        bench.keep(row, name, round_, zmq["per_second"], cpu_us=zmq["cpu_us"], p50=zmq["each_us"]["p50"])
        if not more:
            bench.keep(row, "ZeroMQ+LMDB, 2 cores", round_, 2e6 / (zmq["cpu_us"] + lmdb["cpu_us"]))


def loop(bench, peers):
    for round_ in range(bench.options.rounds):
        for window, publishers in LOOPS:
            row = named("loop", window, publishers)
            for server in peers:
                server.fresh()
                bench.take(row, server.name, round_, bench.load(server, "loop", window=window, publishers=publishers))
        for server in peers:
            server.stop() if server.name.startswith("bihuan") else None


def open_loop(bench, peers):
    """Latency at a given rate, whatever comes back: counted from when each should have left."""
    for round_ in range(bench.options.rounds):
        for rate in bench.options.rates:
            for server in peers:
                server.fresh()
                answer = bench.load(server, "publish", rate=rate)
                whole = answer["whole_us"]
                kept_up = answer["per_second"] > 0.95 * rate and not answer["unanswered"]
                bench.keep(f"open loop {rate:,}/s", server.name, round_, whole["p99"] if kept_up else None, "µs p99",
                           p50=whole["p50"] if kept_up else None, p999=whole["p999"] if kept_up else None,
                           reached=answer["per_second"])
        for server in peers:
            server.stop() if server.name.startswith("bihuan") else None
