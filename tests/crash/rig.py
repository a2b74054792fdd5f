"""What the campaigns share: a broker under the shim, clients that keep what they were promised, the oracle that holds a store
against it, and the figures of the table that `make torture` prints."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../system"))
import tap  # noqa: E402,F401
from broker import BUILD, LIMIT_S, ROOT, RUNNING, Broker, Process, Result, Trail, binary  # noqa: E402,F401

LONG = os.environ.get("BIHUAN_TORTURE") == "1"
SEED = int(os.environ.get("BIHUAN_SEED", "1"))
JOBS = os.cpu_count() or 2
SHIM = os.path.join(BUILD, "crash/shim.so")
AREA = "620899001001"
ROOM_BYTES = 2 << 30
PATIENCE_S = 1800 if LONG else 120  # with what takes as long as there is much of it


def choose(quick, long):
    """How much of it: in CI, and in `make torture`."""
    return long if LONG else quick


def figure(row, holds, **figures):
    """A row of the table; printed for torture.py, and asserted by the caller."""
    print("# figure " + json.dumps({"row": row, "holds": bool(holds), "figures": figures}, ensure_ascii=False), flush=True)
    return holds


def preloaded(shim, **settings):
    """The environment of a program under a shim; a build that AddressSanitizer watches takes none."""
    with open(binary("bihuand"), "rb") as file:
        if b"__asan_init" in file.read():
            raise unittest.SkipTest("a preloaded shim and AddressSanitizer exclude each other")
    return dict(os.environ, LD_PRELOAD=shim, **settings)


def anonymous_mib(pid):
    """What a process holds of memory of its own."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return int(re.search(r"RssAnon:\s+(\d+)", status.read())[1]) / 1024


def metrics(rig):
    """What the broker counts: names without their prefix and "_total"; of those without labels."""
    told = {}
    for line in rig.http("/metrics")[1].splitlines():
        name, _, value = line.partition(" ")
        if name.startswith("bihuan_") and "{" not in name:
            told[name[len("bihuan_"):].removesuffix("_total")] = float(value)
    return told


def program(name):
    return os.path.join(BUILD, "crash", name)


def memory_folder(prefix):
    """On tmpfs, where there is one that is large enough: its syncs cost nothing, and what they promise is tested by power_loss.c."""
    roomy = os.path.isdir("/dev/shm") and shutil.disk_usage("/dev/shm").free > ROOM_BYTES
    return tempfile.mkdtemp(prefix=f"bihuan-{prefix}-", dir="/dev/shm" if roomy else None)


class Rig(Broker):
    """A broker whose store may be under the shim, and its clients."""

    def __init__(self, name, **options):
        super().__init__(folder=memory_folder(name), **options)
        self.owns_folder = True
        self.logs = []
        self.clients = []

    def __enter__(self):
        """Starts nothing yet."""
        return self

    def pid(self):
        return self.process.pid

    def path(self, name):
        return os.path.join(self.folder, name)

    def under_shim(self, **settings):
        """The next start: settings of shim.c, in lower case."""
        self.env = preloaded(SHIM, SHIM_FOLDER=self.store)
        self.env.update({f"SHIM_{name.upper()}": str(value) for name, value in settings.items()})
        return self

    def without_shim(self):
        self.env = None
        return self

    def promise(self, *args, log, as_=None):
        path = self.path(log)
        if path not in self.logs:
            self.logs.append(path)
        client = Process([program("promise"), "--log", path, *map(str, args)], env=self.environment(as_))
        self.children.append(client)
        self.clients.append(client)
        return client

    def source(self, name, *flags, type="1.01", as_=None):
        return self.promise(*flags, "publish", name, type, AREA, log=f"log-{name}", as_=as_)

    def worker_of(self, unit, name, *flags, credit=4, as_=None):
        return self.promise("--in-flight", credit, *flags, "work", unit, name, log=f"log-{name}", as_=as_)

    def end_clients(self):
        """All they asked is answered."""
        for client in self.clients:
            client.process.send_signal(signal.SIGTERM)
        for client in self.clients:
            status = client.wait(PATIENCE_S)
            assert status == 0, f"promise: exit status {status}\n" + client.err.last()
        self.clients = []

    def cut_clients(self):
        for client in self.clients:
            client.kill()
        self.clients = []

    def promises(self):
        """Every line of the logs, split, those that a kill cut off apart."""
        lines = []
        for path in self.logs:
            if os.path.exists(path):
                with open(path, encoding="utf-8") as log:
                    lines += [line.split() for line in log.read().split("\n")[:-1]]
        return lines

    def verify(self, store=None):
        """The store, opened as after a death, against all promises; what the oracle says."""
        logs = [path for path in self.logs if os.path.exists(path)]
        return Result(subprocess.run([program("verify"), store or self.store, *logs], capture_output=True,
                                     encoding="utf-8", timeout=PATIENCE_S, check=False))

    def assert_kept(self, store=None):
        result = self.verify(store)
        assert result.exit == 0, result
        return json.loads(result.out.splitlines()[-1])

    def tally(self, since=0, source=None):
        """What the stopped broker's trail says was told to people (tally.c)."""
        done = subprocess.run([program("tally"), self.store, str(since), *([source] if source else [])], capture_output=True,
                              encoding="utf-8", timeout=PATIENCE_S, check=True)
        return json.loads(done.stdout)

    def metric(self, name):
        """Of a broker with http: one number."""
        return float(re.search(rf"(?m)^bihuan_{re.escape(name)} (\S+)$", self.http("/metrics")[1])[1])

    def sequence(self):
        """The same, at hardly any cost: the last record."""
        return int(re.search(r"sequence=(\d+)", self.http("/healthz")[1])[1])

    def copy_store(self, name):
        """A copy as it is now, in the rig's folder."""
        return self.copy(self.store, name)

    def copy(self, store, name):
        copy = self.path(name)
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(store, copy)
        return copy
