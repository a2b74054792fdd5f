"""The wire by hand: frames built with flatc's Python code and sent over pyzmq, so that a test can say anything at all."""

import functools
import importlib
import os
import subprocess
import sys
import tempfile

import flatbuffers
import flatbuffers.compat
import zmq

from broker import LIMIT_S, ROOT

IDENTIFIER = b"BHW1"
VERSION = 1
flatbuffers.compat.import_numpy = lambda: None  # bihuan_client.py says why


@functools.lru_cache(maxsize=None)
def generated():
    """The folder of flatc's Python code, made once a process."""
    folder = tempfile.TemporaryDirectory(prefix="bihuan-flatc-")
    schemas = os.path.join(ROOT, "schemas")
    subprocess.run(["flatc", "--python", "--gen-object-api", "-o", folder.name, "-I", schemas,
                    os.path.join(schemas, "facts.fbs"), os.path.join(schemas, "wire.fbs")], check=True)
    sys.path.insert(0, folder.name)
    flatbuffers.compat.import_numpy = lambda: None  # as workers/python/bihuan_client.py says
    return folder


def module(name):
    generated()
    return importlib.import_module(f"bihuan.{name}")


def make(name, **fields):
    """A table of the schema with these fields: make("Event", id="1", type="2")."""
    table = getattr(module(name), name + "T")()
    for field, value in fields.items():
        first, *rest = field.split("_")
        attribute = first + "".join(map(str.capitalize, rest))  # as flatc names it
        assert hasattr(table, attribute), f"{name} has no {field}"
        setattr(table, attribute, value)
    return table


def value(enum, name):
    return getattr(getattr(module(enum), enum), name)


def name_of(enum, number):
    kinds = getattr(module(enum), enum)
    return next((name for name in dir(kinds) if getattr(kinds, name) == number), str(number)).lower()


def encode(body, tag=1, version=VERSION, identifier=IDENTIFIER):
    """A frame with this body (a table made by make)."""
    kind = type(body).__name__[:-1]
    message = make("Message", version=version, tag=tag, body_type=value("Body", kind), body=body)
    builder = flatbuffers.Builder(1024)
    builder.Finish(message.Pack(builder), identifier)
    return bytes(builder.Output())


def decode(frame):
    """The Message; its body a table, .kind the body's name, .raw the frame."""
    message = module("Message")
    decoded = message.MessageT.InitFromObj(message.Message.GetRootAs(frame, 0))
    decoded.kind = name_of("Body", decoded.bodyType).capitalize()
    decoded.raw = frame
    return decoded


def text(of):
    return of.decode() if isinstance(of, bytes) else of or ""


class Peer:
    """One connection to one endpoint: "publish", "work", "command", "feed"."""

    def __init__(self, broker, endpoint, as_=None, hello=True, unit=None, worker=None, packs=False):
        self.socket = zmq.Context.instance().socket(zmq.DEALER)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.RCVTIMEO, int(LIMIT_S * 1000))
        if as_:
            with open(broker.key(as_), "rb") as file:
                secret = file.readline().strip()
            self.socket.curve_secretkey, self.socket.curve_publickey = secret, zmq.curve_public(secret)
            self.socket.curve_serverkey = broker.public_key("broker").encode()
            offset = ("publish", "work", "command", "feed").index(endpoint)
            self.socket.connect(f"tcp://127.0.0.1:{broker.port + offset}")
        else:
            self.socket.connect(f"ipc://{broker.ipc}/{endpoint}")
        if hello:
            self.welcome = self.ask(make("Hello", version=VERSION, client="test", unit=unit, worker=worker, packs=packs))

    def send(self, frame):
        self.socket.send(frame)

    def receive(self):
        """The next message; zmq.Again when none comes."""
        return decode(self.socket.recv())

    def ask(self, body, **envelope):
        """Sends, and returns the answer with the same tag."""
        self.send(encode(body, **envelope))
        tag = envelope.get("tag", 1)
        while True:
            answer = self.receive()
            if answer.tag == tag:
                return answer

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.socket.close()


def publish(**fields):
    """A Publish with an event of these fields; place fields (area, address, point, system) go where they belong."""
    place = {key: fields.pop(key) for key in ("area", "address", "point", "system") if key in fields}
    if place:
        fields["place"] = make("Place", **place)
    return make("Publish", event=make("Event", **fields))


def refusal(answer):
    """The refusal's name and field: ("too_long", "text")."""
    assert answer.kind == "Refusal", answer.kind
    return name_of("RefusalCode", answer.body.code), text(answer.body.field)


class Worker(Peer):
    """A worker by hand: one unit's connection with credit."""

    def __init__(self, broker, unit, name="hand", as_=None, credit=1):
        super().__init__(broker, "work", as_, unit=unit, worker=name)
        self.told = []  # deliveries and revokes that came while waiting for something else
        self.requests = 0
        assert self.welcome.kind == "Welcome", refusal(self.welcome)
        if credit:
            self.grant(credit)

    def grant(self, credit):
        self.send(encode(make("Credit", n=credit)))

    def next(self, kind="Delivery"):
        """The next delivery or revoke."""
        for message in self.told:
            if message.kind == kind:
                self.told.remove(message)
                return message.body
        while True:
            message = self.receive()
            if message.kind == kind:
                return message.body
            self.told.append(message)

    def say(self, verb, delivery, epoch=None, **fields):
        """Says a word on a delivered task; the answer."""
        self.requests += 1
        if "outcome" in fields:
            fields["outcome"] = value("Outcome", fields["outcome"].upper())
        fields.setdefault("request", f"{id(self)}-{self.requests}")
        word = make("Word", verb=value("WordVerb", verb.upper()), incident=delivery.incident, task=delivery.task.no,
                    epoch=delivery.task.epoch if epoch is None else epoch, person=fields.pop("person", "张三"), **fields)
        tag = 1000 + self.requests
        self.send(encode(word, tag=tag))
        while True:
            message = self.receive()
            if message.tag == tag:
                return message
            self.told.append(message)

    def heartbeat(self):
        self.send(encode(make("Heartbeat"), tag=0))
