"""Running the load generators and the limits, and keeping what they say: one sample for each row, system and round."""

import contextlib
import json
import os
import statistics
import subprocess
import time

import servers
from servers import system


class Bench:
    """What a run has measured so far."""

    def __init__(self, options, folder):
        self.options, self.folder, self.samples = options, folder, []

    def keep(self, row, system_, round_, value, unit="/s", **more):
        """One sample. more: percentiles and what else belongs to it."""
        self.samples.append({"row": row, "system": system_, "round": round_, "value": value, "unit": unit, **more})
        print(f"  {row:34} {system_:16} round {round_ + 1}: {figure(value)} {unit}", flush=True)

    def of(self, row, system_, field="value"):
        """The samples of a row and system, by round."""
        return {s["round"]: s[field] for s in self.samples if s["row"] == row and s["system"] == system_ and s.get(field) is not None}

    def load(self, server, what, **flags):
        return json.loads(self.start_load(server, what, **flags).communicate()[0])

    def start_load(self, server, what, **flags):
        """flags: of load.c; one that is True has no value."""
        flags = {"seconds": self.options.seconds, "warm": 0.3, "type": 2 if what == "loop" else 1, **flags}
        words = [f"--{name}" if value is True else f"--{name}={value}" for name, value in flags.items()]
        return Load([system.binary(f"bench/{server.load}"), f"--what={what}", *words, server.address], server.env())

    def limit(self, name, *args):
        done = subprocess.run([system.binary(f"bench/{name}"), *map(str, args)], stdout=subprocess.PIPE, check=True, text=True)
        return json.loads(done.stdout)

    def take(self, row, system_, round_, answer):
        """Keeps what a load generator has printed."""
        whole, receipt = answer["whole_us"], answer["receipt_us"]
        self.keep(row, system_, round_, answer["per_second"], p50=whole["p50"], p99=whole["p99"], p999=whole["p999"],
                  receipt_p50=receipt["p50"], receipt_p99=receipt["p99"], refused=answer["refused"],
                  cpu_us=answer["cpu_s"] / max(1, answer["answers"]) * 1e6)
        return answer


class Load(subprocess.Popen):
    """A load generator that runs; communicate() fails as it fails."""

    def __init__(self, command, env):
        super().__init__(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def communicate(self, *args, **kwargs):
        out, err = super().communicate(*args, **kwargs)
        if self.returncode:
            raise RuntimeError(f"{' '.join(self.args)}: {err.strip()}")
        return out, err


def figure(value):
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.2f}" if abs(value) < 10 else f"{value:,.1f}"


def median(values):
    values = list(values)
    return statistics.median(values) if values else None


def rss_anon(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("RssAnon"))


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Disk:
    """The counter of the disk that a folder is on: all that is written to it, by whomever."""

    def __init__(self, folder):
        device = os.stat(folder).st_dev
        self.path = f"/sys/dev/block/{os.major(device)}:{os.minor(device)}/stat"

    def written(self):
        with open(self.path, encoding="ascii") as file:
            return int(file.read().split()[6]) * 512

    @contextlib.contextmanager
    def bytes(self, out, idle_s=2):
        """out[0]: bytes written within, less what the rest of the machine writes as of before; with what is still to be."""
        os.sync()
        before, began = self.written(), time.monotonic()
        time.sleep(idle_s)
        idle, began = (self.written() - before) / (time.monotonic() - began), time.monotonic()
        before = self.written()
        yield
        os.sync()
        out.append(max(0, self.written() - before - idle * (time.monotonic() - began)))


def settled(server):
    """The broker's counters, once its log in front has been brought into its tables."""
    ends = time.monotonic() + 20
    while True:
        metrics = server.metrics()
        if not metrics.get("bihuan_store_behind_bytes") or time.monotonic() > ends:
            return metrics
        time.sleep(0.05)


def start_peers(bench):
    """Those of the peers that are installed, started, and all three ways to us."""
    ours = [servers.Bihuan(transport) for transport in ("ipc", "tcp", "curve")]
    peers = []
    for server in ours + [peer() for peer in servers.PEERS]:
        if server.installed():
            server.start(bench.folder)
            peers.append(server)
        else:
            print(f"  {server.name}: not installed")
    return peers
