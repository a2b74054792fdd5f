"""The systems that are measured: each started in a folder of its own, on loopback, from Debian's packages, and ended by its
process. A system that is not installed is left out, and the table says so."""

import contextlib
import os
import pwd
import re
import shutil
import socket
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests/system"))
import broker as system  # noqa: E402

CITY = os.path.join(ROOT, "bench/city")
START_S = 60


def answers(address):
    """Whether something listens there: (host, port) or a path."""
    with socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET) as probe:
        return probe.connect_ex(address) == 0


def said(*command):
    """The first number with dots that a program says of itself."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"\d+(\.\d+)+", done.stdout + done.stderr)
    return found.group() if found else "?"


class Server:
    """name; program: how to know that it is installed; load: its load generator; settings: for the table."""

    name = program = load = settings = ""
    folder = None

    def installed(self):
        return bool(shutil.which(self.program) and os.path.exists(system.binary(f"bench/{self.load}")))

    def start(self, folder):
        self.folder = os.path.join(folder, self.name)
        os.makedirs(self.folder)
        self.processes = []
        self.begin()
        ends = time.monotonic() + START_S
        while not self.ready():
            process = self.processes[-1]
            assert process.alive() and time.monotonic() < ends, \
                f"{self.name} does not start: {process.out.last()} {process.err.last()}"
            time.sleep(0.05)

    def fresh(self):
        """As empty as at its start; most load generators see to that."""

    def env(self):
        return None

    def run(self, *command, env=None):
        self.processes.append(system.Process(list(map(str, command)), env={**os.environ, **(env or {})}))

    def port(self):
        self.number = system.free_ports(1)
        self.address = f"127.0.0.1:{self.number}"
        return self.number

    def ready(self):
        return answers(("127.0.0.1", self.number))

    def stop(self):
        for process in reversed(self.processes):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.terminate() if process.alive() else None
        for process in self.processes:
            process.kill()


class Redis(Server):
    name, program, load = "redis", "redis-server", "load_redis"
    settings = "Streams; appendonly yes, appendfsync always: one fsync a turn before its replies; unix socket"

    def begin(self):
        self.address = os.path.join(self.folder, "redis.sock")
        self.run("redis-server", "--port", 0, "--unixsocket", self.address, "--dir", self.folder, "--appendonly", "yes",
                 "--appendfsync", "always", "--save", "", "--auto-aof-rewrite-percentage", 0)  # no rewriting beside others

    def ready(self):
        return os.path.exists(self.address) and answers(self.address)

    def version(self):
        return said("redis-server", "--version")


class Beanstalkd(Server):
    name, program, load = "beanstalkd", "beanstalkd", "load_beanstalk"
    settings = "-b DIR -f0: one fsync for each put and delete; a reservation is not durable; tcp"

    def begin(self):
        self.top = getattr(self, "top", os.path.dirname(self.folder))
        self.run("beanstalkd", "-l", "127.0.0.1", "-p", self.port(), "-b", self.folder, "-f0")

    def fresh(self):
        self.stop()
        shutil.rmtree(self.folder)
        self.start(self.top)

    def version(self):
        return said("beanstalkd", "-v")


class Nats(Server):
    name, program, load = "nats", "nats-server", "load_nats"
    settings = "JetStream, file, R1: NO fsync before the acknowledgement; tcp"

    def begin(self):
        self.run("nats-server", "-js", "-sd", self.folder, "-a", "127.0.0.1", "-p", self.port())

    def version(self):
        return said("nats-server", "--version")


class Rabbit(Server):
    name, program, load = "rabbitmq", "/usr/lib/rabbitmq/bin/rabbitmq-server", "load_rabbit"
    settings = "quorum queue, publisher confirms, manual acks (fire and forget); tcp"

    def begin(self):
        port, epmd = self.port(), system.free_ports(1)
        self.run("epmd", "-address", "127.0.0.1", "-port", epmd)
        self.run(self.program, env={
            "HOME": self.folder, "ERL_EPMD_PORT": str(epmd), "RABBITMQ_NODENAME": "bench@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1", "RABBITMQ_NODE_PORT": str(port),
            "RABBITMQ_DIST_PORT": str(system.free_ports(1)), "RABBITMQ_MNESIA_BASE": self.folder,
            "RABBITMQ_LOG_BASE": self.folder, "RABBITMQ_CONFIG_FILE": os.path.join(self.folder, "none"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": os.path.join(self.folder, "plugins"),
            "RABBITMQ_PID_FILE": os.path.join(self.folder, "pid")})

    def version(self):
        return said("dpkg-query", "-W", "-f", "${Version}", "rabbitmq-server")


class Postgres(Server):
    name, load = "postgresql", "load_postgres"
    program = max((os.path.join("/usr/lib/postgresql", version, "bin/postgres")
                   for version in (os.listdir("/usr/lib/postgresql") if os.path.isdir("/usr/lib/postgresql") else ())),
                  default="postgres")
    settings = "queue table, pipelined INSERTs, a transaction for what is sent together; SKIP LOCKED; unix socket"

    def begin(self):
        # It does not run as root.
        as_ = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []
        user = "postgres" if as_ else pwd.getpwuid(os.getuid()).pw_name
        if as_:
            shutil.chown(self.folder, "postgres", "postgres")
        data, bin_ = os.path.join(self.folder, "data"), os.path.dirname(self.program)
        subprocess.run([*as_, f"{bin_}/initdb", "-D", data, "-A", "trust", "--locale=C.UTF-8"], check=True, capture_output=True,
                       cwd="/")
        self.run(*as_, self.program, "-D", data, "-k", self.folder, "-c", "listen_addresses=", "-c", "max_wal_size=8GB")
        self.socket = os.path.join(self.folder, ".s.PGSQL.5432")
        self.address = f"host={self.folder} user={user} dbname=postgres"

    def ready(self):
        return subprocess.run(["pg_isready", "-q", "-h", self.folder], check=False).returncode == 0

    def version(self):
        return said(self.program, "--version")


class Bihuan(Server):
    """A fresh broker for each measurement, so that each begins with the same."""

    load = "load_bihuan"

    def __init__(self, transport="ipc"):
        self.transport = transport
        self.name = "bihuan" if transport == "ipc" else f"bihuan {transport}"
        self.settings = {"ipc": "unix sockets", "tcp": "plain tcp", "curve": "tcp, every connection encrypted (CURVE)"}[transport]
        self.broker = None

    def installed(self):
        return True

    def start(self, folder):
        self.folder = os.path.join(folder, self.name.replace(" ", "-"))

    def fresh(self):
        """A new broker with nothing in it."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.broker = system.Broker(config=CITY, folder=self.folder, keys=("camera",), tcp=self.transport == "curve",
                                    insecure=self.transport == "tcp", http=True, flags=("--map-size=65536",))
        if self.transport == "curve":  # this key may publish and work
            self.broker.edit("principals.yaml", "roles: source}", "roles: all, units: all}")
        self.broker.start()

    @property
    def address(self):
        return {"ipc": f"ipc://{self.broker.ipc}", "tcp": f"tcp://127.0.0.1:{self.broker.insecure_port}",
                "curve": f"tcp://127.0.0.1:{self.broker.port}"}[self.transport]

    def env(self):
        return self.broker.environment("camera" if self.transport == "curve" else None)

    def stop(self):
        if self.broker:
            self.broker.close()
            shutil.rmtree(self.folder, ignore_errors=True)
        self.broker = None

    def metrics(self):
        """The broker's own counters."""
        _, text = self.broker.http("/metrics")
        return {line.split()[0]: float(line.split()[1]) for line in text.splitlines() if line and line[0] != "#"}

    def version(self):
        return said(system.binary("bihuand"), "--version")


PEERS = (Redis, Beanstalkd, Rabbit, Nats, Postgres)
