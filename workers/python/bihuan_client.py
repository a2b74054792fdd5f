"""A Bihuan client in Python, written from schemas/PROTOCOL.md alone: a second implementation of the wire, and a start for
departments that integrate in Python. It needs pyzmq, the flatbuffers runtime, and flatc to generate the messages' code.

Sections in comments are those of PROTOCOL.md."""

import importlib
import itertools
import os
import random
import stat
import subprocess
import sys
import time

import flatbuffers
import flatbuffers.compat
import zmq
from zmq.utils import z85

VERSION = 1
IDENTIFIER = b"BHW1"
PORTS = {"publish": 0, "work": 1, "command": 2, "feed": 3}
ANSWERED = ("Publish", "Status", "Word", "Act", "Query", "Reload", "Backup", "Acknowledge")
RESEND_FIRST_S, RESEND_MAX_S = 1.0, 15.0
HERE = os.path.dirname(os.path.abspath(__file__))


# --- generated code (section 4) ---

# Where numpy is installed, flatc 2's code calls type() where it has a field of that name: it goes without.
flatbuffers.compat.import_numpy = lambda: None


def generate():
    """flatc's Python code for the schemas, in BIHUAN_PYTHON or build/python; made when missing or old."""
    root = os.path.dirname(os.path.dirname(HERE))
    folder = os.environ.get("BIHUAN_PYTHON", os.path.join(root, "build", "python"))
    schemas = [os.path.join(root, "schemas", name) for name in ("facts.fbs", "wire.fbs")]
    made = os.path.join(folder, "bihuan", "Message.py")
    if not os.path.exists(made) or os.path.getmtime(made) < max(map(os.path.getmtime, schemas)):
        os.makedirs(folder, exist_ok=True)
        subprocess.run(["flatc", "--python", "--gen-object-api", "-o", folder, "-I", os.path.dirname(schemas[0]), *schemas],
                       check=True)
    sys.path.insert(0, folder)


generate()


def table(name, **fields):
    """A table of the schema: table("Word", verb=value("WordVerb", "respond"))."""
    made = getattr(importlib.import_module("bihuan." + name), name + "T")()
    for key, field in fields.items():
        if not hasattr(made, key):
            raise AttributeError(f"{name} has no field {key}")
        setattr(made, key, field)
    return made


def enum(name):
    """Names, in lower case, to numbers (section 14)."""
    kind = getattr(importlib.import_module("bihuan." + name), name)
    return {key.lower(): number for key, number in vars(kind).items() if isinstance(number, int)}


def value(kind, name):
    try:
        return enum(kind)[name]
    except KeyError:
        raise ValueError(f"{kind}: no value {name!r}") from None


def name_of(kind, number):
    return next((name for name, known in enum(kind).items() if known == number), str(number))


def text(field):
    """A text field as it is decoded: bytes or None."""
    return field.decode() if isinstance(field, bytes) else field or ""


BODIES = {number: name for name, number in vars(importlib.import_module("bihuan.Body").Body).items()
          if isinstance(number, int)}


def encode(body, tag):
    kind = type(body).__name__[:-1]
    numbers = {name: number for number, name in BODIES.items()}
    message = table("Message", version=VERSION, tag=tag, bodyType=numbers[kind], body=body)
    builder = flatbuffers.Builder(1024)
    builder.Finish(message.Pack(builder), IDENTIFIER)
    return bytes(builder.Output())


def decode(frame):
    """(name of the body, body, tag); None for what we do not know (section 15). Python's library has no verifier: what
    is damaged raises, and is no message either."""
    message = importlib.import_module("bihuan.Message")
    if len(frame) < 8 or frame[4:8] != IDENTIFIER:
        return None
    try:
        decoded = message.MessageT.InitFromObj(message.Message.GetRootAs(frame, 0))
    except Exception:  # struct.error, IndexError, TypeError …: whatever damaged offsets lead to
        return None
    kind = BODIES.get(decoded.bodyType)
    return (kind, decoded.body, decoded.tag) if kind and decoded.body is not None else None


# --- incident ids (section 14) ---

def incident_text(number):
    """None: there is none, as of an event that was only recorded."""
    if not number:
        return None
    digits = f"{number >> 44:06d}{number & (1 << 44) - 1:06d}"
    p = 36
    for digit in digits:
        p = ((p + int(digit)) % 36 or 36) * 2 % 37
    return f"{digits[:6]}-{digits[6:]}-{'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'[(37 - p) % 36]}"


# --- addresses and keys (sections 2, 3) ---

def keep_secret(fd, path):
    """A plain file, of this user or root, that nobody else may read or write."""
    found = os.fstat(fd)
    if not stat.S_ISREG(found.st_mode) or found.st_uid not in (0, os.geteuid()) or found.st_mode & 0o077:
        raise PermissionError(f"{path}: a secret key is in a plain file of one's own, mode 0600")


def read_key(path, secret=False):
    flags = os.O_RDONLY | os.O_CLOEXEC | (os.O_NOFOLLOW | os.O_NONBLOCK if secret else 0)
    with open(os.open(path, flags), "rb") as file:
        if secret:
            keep_secret(file.fileno(), path)
        key = file.readline().strip()
    z85.decode(key)
    return key


def address(base, endpoint):
    if base.startswith("ipc://"):
        return f"{base.rstrip('/')}/{endpoint}"
    host, _, port = base.rpartition(":")
    return f"{host}:{int(port) + PORTS[endpoint]}"


class Refused(Exception):
    """The broker's polite no."""

    def __init__(self, refusal):
        self.code = name_of("RefusalCode", refusal.code)
        self.field, self.reason = text(refusal.field), text(refusal.reason)
        self.retry_after_s = refusal.retryAfterMs / 1000
        super().__init__(f"{self.code}: {self.reason}")


class Unanswered:
    """A request on its way (section 11): sent again, unchanged, until there is an answer."""

    def __init__(self, frame):
        self.frame = frame
        self.pause_s = RESEND_FIRST_S
        self.due_s = 0.0

    def sent(self):
        self.due_s = time.monotonic() + self.pause_s * random.uniform(0.75, 1.25)
        self.pause_s = min(2 * self.pause_s, RESEND_MAX_S)


class Client:
    """One connection to one endpoint. Not for several threads."""

    def __init__(self, endpoint, base=None, server_key=None, key_file=None, unit=None, worker=None, software="bihuan.py"):
        base = base or os.environ.get("BIHUAN_BROKER", "ipc:///run/bihuan")
        server_key = server_key or os.environ.get("BIHUAN_SERVER_KEY")
        key_file = key_file or os.environ.get("BIHUAN_KEY_FILE")
        self.hello = table("Hello", version=VERSION, client=software, unit=unit, worker=worker)
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.DEALER)
        self.socket.setsockopt(zmq.LINGER, 500)
        self.socket.setsockopt(zmq.IMMEDIATE, 1)
        self.socket.setsockopt(zmq.MAXMSGSIZE, 4 << 20)
        self.socket.setsockopt(zmq.RECONNECT_IVL_MAX, 3000)
        if base.startswith("tcp:") and server_key:
            self.socket.curve_serverkey = read_key(server_key) if os.path.exists(server_key) else server_key.encode()
            secret_key = read_key(key_file, secret=True)
            self.socket.curve_secretkey, self.socket.curve_publickey = secret_key, zmq.curve_public(secret_key)
        self.socket.connect(address(base, endpoint))
        self.tags = itertools.count(1)
        self.unanswered = {}  # tag → Unanswered
        self.welcome = None
        self.welcomes = 0      # how often: a new one means credit is 0
        self.hello_due_s = 0.0
        self.said_s = self.heard_s = time.monotonic()
        self.heartbeat_s, self.silent_s = 1.0, 15.0
        self.holding = -1      # a worker's leased tasks (section 5)

    # --- out ---

    def transmit(self, frame):
        """False when there is no connection, or no room."""
        try:
            self.socket.send(frame, zmq.DONTWAIT)
        except zmq.Again:
            return False
        self.said_s = time.monotonic()
        return True

    def send(self, body):
        """Sends, now or as soon as it can be; returns the tag. What has an answer is sent until it is here."""
        tag = next(self.tags)
        frame = encode(body, tag)
        if type(body).__name__[:-1] in ANSWERED:
            self.unanswered[tag] = Unanswered(frame)
            self.tend()
        else:
            self.transmit(frame)
        return tag

    def tend(self):
        """Hello, heartbeats, and what is due again; returns seconds until the next of these."""
        now_s = time.monotonic()
        if self.welcome and now_s - self.heard_s > self.silent_s:
            self.forgotten()
        if not self.welcome:
            if now_s >= self.hello_due_s and self.transmit(encode(self.hello, 0)):
                self.hello_due_s = now_s + RESEND_FIRST_S
            return 0.1
        if now_s - self.said_s >= self.heartbeat_s / 2:
            self.transmit(encode(table("Heartbeat", holding=self.holding), 0))
        due_s = self.said_s + self.heartbeat_s / 2
        for request in list(self.unanswered.values()):
            if request.due_s <= now_s and self.transmit(request.frame):
                request.sent()
            due_s = min(due_s, request.due_s)
        return max(0.01, due_s - now_s)

    def forgotten(self):
        """The broker does not know this connection (any more): hello first, then everything again."""
        self.welcome = None
        self.hello_due_s = 0.0

    # --- in ---

    def take_welcome(self, welcome):
        self.welcome = welcome
        self.welcomes += 1
        self.heartbeat_s, self.silent_s = welcome.heartbeatMs / 1000, welcome.silentMs / 1000
        for request in self.unanswered.values():
            request.due_s, request.pause_s = 0.0, RESEND_FIRST_S

    def take_refusal(self, refusal, tag):
        """Whether the caller is to see it."""
        if name_of("RefusalCode", refusal.code) == "hello_first":
            self.forgotten()
            return False
        request = self.unanswered.get(tag)
        if request and refusal.retryAfterMs:
            request.due_s = time.monotonic() + refusal.retryAfterMs / 1000
            return False
        if tag == 0:
            self.hello_due_s = time.monotonic() + 2 * RESEND_FIRST_S
            self.welcome = None
        return self.unanswered.pop(tag, None) is not None or tag == 0

    def take(self, kind, body, tag):
        """Whether the caller is to see it."""
        if kind == "Welcome":
            self.take_welcome(body)
            return False
        if kind == "Heartbeat":
            return False
        if kind == "Refusal":
            return self.take_refusal(body, tag)
        if kind in ("Receipt", "Answer"):
            return self.unanswered.pop(tag, None) is not None
        return True

    def receive(self, timeout_s=None):
        """The next message for the caller as (name, body, tag); None when none comes in that time."""
        ends_s = time.monotonic() + timeout_s if timeout_s is not None else float("inf")
        while True:
            again_s = self.tend()
            left_s = ends_s - time.monotonic()
            if not self.socket.poll(max(0, min(again_s, left_s)) * 1000):
                if left_s <= 0:
                    return None
                continue
            message = decode(self.socket.recv())
            self.heard_s = time.monotonic()
            if message and self.take(*message):
                return message

    def ask(self, body, timeout_s=30.0):
        """The answer's body; raises Refused, or TimeoutError: unknown, ask again with the same id."""
        tag = self.send(body)
        ends_s = time.monotonic() + timeout_s
        while (left_s := ends_s - time.monotonic()) > 0:
            message = self.receive(left_s)
            if message and message[2] in (tag, 0) and message[0] == "Refusal":
                raise Refused(message[1])
            if message and message[2] == tag:
                return message[1]
        self.unanswered.pop(tag, None)
        raise TimeoutError("no answer in time; ask again with the same id")

    def close(self):
        if self.welcome:
            self.transmit(encode(table("Bye"), 0))
        self.socket.close()
        self.context.term()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()


def add_options(parser):
    """Where the broker is and who we are."""
    parser.add_argument("--broker", metavar="BASE", help="ipc:///folder or tcp://host:port (BIHUAN_BROKER)")
    parser.add_argument("--server-key", metavar="KEY", help="the broker's public key, or its file (BIHUAN_SERVER_KEY)")
    parser.add_argument("--key-file", metavar="FILE", help="our own secret key (BIHUAN_KEY_FILE)")
