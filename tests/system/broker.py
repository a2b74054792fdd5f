"""A real broker for a test: a folder, keys, a process; started, stopped, killed, restarted by events, never by sleeping.

    with Broker("city") as broker:
        broker.cli("publish", "--type", "1", as_="camera")
"""

import atexit
import contextlib
import json
import os
import queue
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import zmq

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.join(ROOT, os.environ.get("BIHUAN_BUILD", "build"))
CITY = os.path.join(ROOT, "tests/system/city")
DATA = os.environ.get("BIHUAN_DATA", os.path.join(ROOT, "../shared/data"))
CONFINED = os.environ.get("BIHUAN_CONFINED") == "1"  # every broker as its unit would run it: confined.py
LIMIT_S = float(os.environ.get("BIHUAN_TEST_LIMIT_S", "30"))  # for any one thing awaited


RUNNING = []  # processes to end when the test ends, however it does


@atexit.register
def end_all():
    for process in RUNNING:
        if process.alive():
            process.kill()


signal.signal(signal.SIGTERM, lambda *_: sys.exit("told to stop"))


def binary(name):
    return os.path.join(BUILD, name)


def free_ports(count):
    """The first of so many free consecutive ports on loopback."""
    while True:
        first = random.randrange(20000, 32000)
        with contextlib.ExitStack() as stack:
            try:
                for port in range(first, first + count):
                    stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                continue
        return first


class Lines:
    """The lines a process writes, kept and waited for."""

    def last(self):
        return "\n".join(line[:300] for line in self.seen[-12:])

    def __init__(self, stream):
        self.seen = []
        self.arrived = queue.Queue()
        self.thread = threading.Thread(target=self.read, args=(stream,), daemon=True)
        self.thread.start()

    def read(self, stream):
        with stream:
            for line in stream:
                self.seen.append(line.rstrip("\n"))
                self.arrived.put(line.rstrip("\n"))
        self.arrived.put(None)

    def next(self, limit_s=LIMIT_S):
        """The next line; None at the end of the stream."""
        try:
            line = self.arrived.get(timeout=limit_s)
        except queue.Empty:
            raise TimeoutError(f"nothing written within {limit_s} s; before that:\n" + self.last()) from None
        if line is None:
            self.arrived.put(None)
        return line

    def until(self, holds, limit_s=LIMIT_S):
        """The first line from here on for which holds(line); AssertionError at the end of the stream."""
        ends = time.monotonic() + limit_s
        while True:
            line = self.next(max(0.01, ends - time.monotonic()))
            if line is None:
                raise AssertionError("the process ended:\n" + self.last())
            if holds(line):
                return line


class Result:
    """What a finished program said."""

    def __init__(self, done):
        self.exit, self.out, self.err = done.returncode, done.stdout, done.stderr

    def __repr__(self):
        return f"exit {self.exit}\n{self.out[:1000]}\n{self.err[:1000]}"

    @property
    def lines(self):
        """JSON Lines of stdout."""
        return [json.loads(line) for line in self.out.splitlines() if line.strip()]

    @property
    def json(self):
        return json.loads(self.out)


class Process:
    """A program of the project running beside the test."""

    def __init__(self, command, env=None, stdin=None):
        self.process = subprocess.Popen(command, env=env, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        encoding="utf-8", errors="replace", start_new_session=True)
        RUNNING.append(self)
        self.out, self.err = Lines(self.process.stdout), Lines(self.process.stderr)

    @property
    def pid(self):
        return self.process.pid

    def alive(self):
        return self.process.poll() is None

    def wait(self, limit_s=LIMIT_S):
        """Its exit status."""
        status = self.process.wait(limit_s)
        self.out.thread.join(limit_s)
        self.err.thread.join(limit_s)
        return status

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def kill(self):
        """kill -9, of the process and of what it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        return self.wait()


class Broker:
    """One bihuand with its folders. Constructing it starts nothing.

    config: a folder to copy (names of tests/system/ are found there). tcp: also tcp with CURVE, a key for each name in
    `keys`. flags: more for bihuand."""

    PRINCIPALS = ("camera", "hotline", "fire", "police", "desk", "checker", "chief", "ops", "stranger")

    def __init__(self, config=CITY, folder=None, tcp=False, exercise=False, speed=None, http=False, insecure=False,
                 flags=(), keys=PRINCIPALS):
        self.owns_folder = folder is None
        self.folder = folder or tempfile.mkdtemp(prefix="bihuan-")
        self.config, self.store = os.path.join(self.folder, "city"), os.path.join(self.folder, "store")
        self.ipc, self.keys = os.path.join(self.folder, "ipc"), os.path.join(self.folder, "keys")
        if not os.path.exists(self.config):
            shutil.copytree(config, self.config)
            if os.path.exists(os.path.join(self.config, "principals.yaml")):  # else root is everybody
                self.edit("principals.yaml", "uids: [0]", f"uids: [{os.getuid()}]")
            elif os.getuid() != 0:  # as the principal there is when nobody is named, but for us
                with open(os.path.join(self.config, "principals.yaml"), "w", encoding="utf-8") as file:
                    file.write(f"principals:\n  - {{name: local, roles: all, units: all, panic: true, exercise: true, uids: [{os.getuid()}]}}\n")
        for made in (self.ipc, self.keys, os.path.join(self.config, "keys")):
            os.makedirs(made, mode=0o700, exist_ok=True)
        self.flags = ["--config", self.config, "--store", self.store, "--ipc", self.ipc, *flags]
        self.process = None
        self.env = None  # of bihuand; None: ours
        self.under = ()  # a command that becomes bihuand, or a worker
        self.children = []
        self.port = self.http_port = self.insecure_port = None
        for name in keys:
            self.make_key(name)
        if tcp:
            self.make_key("broker")
            self.port = free_ports(4)
            self.flags += ["--tcp", f"127.0.0.1:{self.port}", "--key-file", self.key("broker")]
        if http:
            self.http_port = free_ports(1)
            self.flags += ["--http", f"127.0.0.1:{self.http_port}"]
        if insecure:
            self.insecure_port = free_ports(4)
            self.flags += ["--insecure", str(self.insecure_port)]
        if exercise:
            self.flags += ["--exercise"]
        if speed:
            self.flags += ["--speed", str(speed)]

    def edit(self, file, old, new):
        """Replaces text in one of the city's files (this broker's copy)."""
        path = os.path.join(self.config, file)
        with open(path, encoding="utf-8") as stream:
            text = stream.read()
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(text.replace(old, new))

    # --- keys ---

    def key(self, name):
        """Path of a principal's secret key file."""
        return os.path.join(self.keys, name + ".key")

    def public(self, name):
        return os.path.join(self.keys, name + ".pub")

    def public_key(self, name):
        with open(self.public(name), encoding="ascii") as file:
            return file.readline().strip()

    def make_key(self, name):
        """A key pair in keys/, its public half where the city's principals.yaml finds it. Kept when there."""
        if not os.path.exists(self.key(name)):
            public, secret = zmq.curve_keypair()
            for path, text, mode in ((self.key(name), secret, 0o600), (self.public(name), public, 0o644)):
                with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, mode), "wb") as file:
                    file.write(text + b"\n")
        shutil.copy(self.public(name), os.path.join(self.config, "keys"))

    # --- life ---

    def start(self):
        """Returns when it is ready; AssertionError with what it wrote when it ends instead."""
        assert self.process is None
        confined = [sys.executable, os.path.join(HERE, "confined.py"), self.folder] if CONFINED else []
        self.process = Process([*confined, *self.under, binary("bihuand"), *self.flags], env=self.env)
        self.process.err.until(lambda line: " ready " in f" {line} ")
        return self

    def stop(self):
        """A graceful stop: SIGTERM, exit status 0."""
        status = self.process.terminate()
        process, self.process = self.process, None
        assert status == 0, f"exit status {status}\n" + process.err.last()

    def kill(self):
        self.process.kill()
        self.process = None

    def restart(self):
        self.stop()
        return self.start()

    def hup(self):
        """Reloads by signal; returns the log line that says how it went."""
        self.process.process.send_signal(signal.SIGHUP)
        return self.process.err.until(lambda line: " reload " in line)

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, error, trace):
        try:
            if self.process and kind is None:
                assert self.process.alive(), "the broker died:\n" + self.process.err.last()
                self.stop()
        finally:
            if kind and self.process:
                print("# the broker's last lines:\n# " + self.process.err.last().replace("\n", "\n# "))
            self.close()

    def close(self):
        for child in self.children:
            if child.alive():
                child.kill()
        if self.process:
            self.kill()
        if self.owns_folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    # --- speaking to it ---

    def environment(self, as_=None):
        """As a principal with a key over tcp, or (None) as this uid over ipc."""
        env = {name: value for name, value in os.environ.items() if not name.startswith("BIHUAN_")}
        env.update(LC_ALL="C.UTF-8", BIHUAN_BROKER=f"ipc://{self.ipc}")
        if as_ is not None:
            env.update(BIHUAN_BROKER=f"tcp://127.0.0.1:{self.port}", BIHUAN_SERVER_KEY=self.public_key("broker"),
                       BIHUAN_KEY_FILE=self.key(as_))
        return env

    def cli(self, *args, as_=None, stdin="", env=None, ok=True):
        """Runs `bihuan ARGS`; with ok, exit status 0 is asserted."""
        result = Result(subprocess.run([binary("bihuan"), *map(str, args)], input=stdin, capture_output=True,
                                       encoding="utf-8", env={**self.environment(as_), **(env or {})}, timeout=LIMIT_S,
                                       check=False))
        assert result.exit == 0 or not ok, f"bihuan {' '.join(map(str, args))}: {result}"
        return result

    def publish(self, *events, as_=None, ok=True):
        """Publishes events (dicts of JSON Lines); the answers, one dict each."""
        text = "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events)
        return self.cli("publish", "--json", as_=as_, stdin=text, ok=ok).lines

    def run(self, *command, as_=None, stdin=None, env=None):
        """A process beside the test, ended with the broker."""
        child = Process(list(map(str, command)), env={**self.environment(as_), **(env or {})}, stdin=stdin)
        self.children.append(child)
        return child

    def worker(self, department, *handler, as_=None, flags=(), name=None, env=None):
        """A bihuan-worker whose handler is a command."""
        named = ["--name", name] if name else []
        return self.run(*self.under, binary("bihuan-worker"), "--department", department, *named, *flags, "--", *handler, as_=as_,
                        env=env)

    def follow(self, start="0", as_=None):
        return Trail(self, start, as_)

    def records(self, as_=None):
        """The whole trail."""
        return [line for line in self.cli("tail", "--from", "0", "--json", as_=as_).lines if "seq" in line]

    def row(self, incident):
        """An incident as it is: head, tasks, clocks."""
        return self.cli("show", incident, "--json").json["rows"][0]

    def head(self, incident):
        return self.row(incident)["head"]

    def timeline(self, incident):
        return self.cli("show", incident, "--json").json["records"]

    def http(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}{path}", timeout=LIMIT_S) as answer:
            return answer.status, answer.read().decode()

    def check_store(self):
        """The offline check of the stopped broker's store."""
        return Result(subprocess.run([binary("bihuand"), "--check-store", self.store], capture_output=True,
                                     encoding="utf-8", timeout=LIMIT_S, check=False))


class Trail:
    """The feed, read along: waits for records."""

    def __init__(self, broker, start, as_):
        self.process = broker.run(binary("bihuan"), "tail", "--from", start, "--follow", "--json", as_=as_)
        self.records = []

    def until(self, limit_s=LIMIT_S, **wanted):
        """The next record whose fields are as wanted (incident: any of its changes)."""
        def holds(line):
            record = json.loads(line)
            self.records.append(record)
            return all(value in incidents_of(record) if name == "incident" else record.get(name) == value
                       for name, value in wanted.items())
        return json.loads(self.process.out.until(holds, limit_s))

    def close(self):
        self.process.kill()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()


def incidents_of(record):
    """Ids of the incidents a record changes."""
    return [change.get("incident") for change in record.get("changes", [])]
