"""Who does not belong: copied routing ids, wrong keys, another department's key, a revoked key, frames that were overheard and
come again. Nobody is given a task, no word of theirs counts; refusals of rights are in the trail, at most one a minute for each
principal and code, with a count; what CURVE refuses by itself is counted.

The oracle is what the impostors themselves got, and what the genuine worker and source got."""

import collections
import contextlib
import datetime
import os
import socket
import threading
import time
import unittest

import zmq

from rig import AREA, PATIENCE_S, Rig, choose, figure, metrics, tap
import protocol as p

TRIES = choose(10, 300)
EVENTS = choose(20, 400)
FLOOD = choose(300, 20000)  # forbidden acts of each of two principals
SPEED = 60  # a minute of the broker's is a second
PORTS = {"publish": 0, "work": 1, "command": 2, "feed": 3}


class Guest:
    """A connection that may claim anything: any key, any routing id, any address of the broker's."""

    def __init__(self, rig, endpoint, secret, routing_id=None, server=None, port=None):
        self.socket = zmq.Context.instance().socket(zmq.DEALER)
        self.socket.setsockopt(zmq.LINGER, 0)
        if routing_id:
            self.socket.setsockopt(zmq.ROUTING_ID, routing_id)
        if secret:
            self.socket.curve_secretkey, self.socket.curve_publickey = secret, zmq.curve_public(secret)
            self.socket.curve_serverkey = server or rig.public_key("broker").encode()
        self.socket.connect(f"tcp://127.0.0.1:{port or rig.port + PORTS[endpoint]}")
        self.heard = []

    def say(self, body, tag=1):
        with contextlib.suppress(zmq.Again):  # no connection takes it: there is none
            self.socket.send(p.encode(body, tag=tag), zmq.DONTWAIT)

    def listen(self, wait_ms=0):
        """All that has come, after waiting for the first."""
        while self.socket.poll(wait_ms):
            self.heard.append(p.decode(self.socket.recv()))
            wait_ms = 0
        return self.heard

    def hear(self, kind, limit_s=PATIENCE_S):
        """The first message of this kind that comes from now on."""
        ends = time.monotonic() + limit_s
        while time.monotonic() < ends:
            if self.socket.poll(100):
                self.heard.append(p.decode(self.socket.recv()))
                if self.heard[-1].kind == kind:
                    return self.heard[-1].body
        raise AssertionError(f"no {kind}; heard {[one.kind for one in self.heard]}")

    def deliveries(self):
        return sum(one.kind in ("Delivery", "Entry") for one in self.listen())

    def receipts(self):
        return sum(one.kind == "Receipt" for one in self.listen())

    def close(self):
        self.socket.close()


def patient_rig(**options):
    """Its workers' leases do not end although nobody sends heartbeats."""
    rig = Rig("impostor", tcp=True, http=True, **options)
    rig.edit("city.yaml", "lease: 2s", "lease: 12h")
    return rig


def secret_of(rig, name):
    with open(rig.key(name), "rb") as file:
        return file.readline().strip()


def hello(unit, worker="guest"):
    return p.make("Hello", version=p.VERSION, client="guest", unit=unit, worker=worker)


def respond(incident, request, epoch=1):
    return p.make("Word", verb=p.value("WordVerb", "RESPOND"), incident=incident, task=1, epoch=epoch, request=request, person="贼")


def act(verb, incident, request, **fields):
    return p.make("Act", verb=p.value("ActVerb", verb), incident=incident, request=request, person="贼", reason="x", **fields)


def works(guest, unit, worker):
    """It claims to be a worker with room for everything."""
    guest.say(hello(unit, worker))
    guest.say(p.make("Credit", n=1000))
    return guest


def publish(rig, prefix, count, type="1.01"):
    answers = rig.publish(*[{"id": f"{prefix}-{n}", "type": type, "area": AREA} for n in range(count)])
    return [answer["incident"] for answer in answers]


def packed(text):
    number, rest = text.split("-")[:2]
    return int(number) << 44 | int(rest)


def refused(rig):
    """(principal, code) → records of refused rights, in order."""
    told = collections.defaultdict(list)
    for record in rig.records():
        if record["kind"] == "refused":
            told[record.get("principal", ""), record["refusal"]].append(record)
    return told


def moment_ms(record):
    return datetime.datetime.fromisoformat(record["at"].replace("Z", "+00:00")).timestamp() * 1000


def counted(told, principal, code):
    return sum(record.get("count", 1) for record in told.get((principal, code), []))


class Overheard:
    """Between a client and the broker's port: keeps what the client sends, and can say the last of it twice."""

    def __init__(self, port):
        self.port, self.bytes, self.twice = port, [], threading.Event()
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.client_port = self.listening.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listening.accept()
                broker = socket.create_connection(("127.0.0.1", self.port))
                threading.Thread(target=self.pump, args=(client, broker, self.keep), daemon=True).start()
                threading.Thread(target=self.pump, args=(broker, client, lambda said: said), daemon=True).start()

    def keep(self, said):
        self.bytes.append(said)
        return said + said if self.twice.is_set() else said

    @staticmethod
    def pump(source, sink, change):
        with contextlib.suppress(OSError), source, sink:
            while said := source.recv(65536):
                sink.sendall(change(said))

    def replay(self):
        """Everything that was overheard, to the same port; what comes back."""
        with socket.create_connection(("127.0.0.1", self.port)) as again:
            again.settimeout(30)
            with contextlib.suppress(OSError):
                for said in self.bytes:
                    again.sendall(said)
            answered = b""
            with contextlib.suppress(OSError):
                while said := again.recv(65536):
                    answered += said
            return answered


class Impostor(unittest.TestCase):
    def test_a_routing_id_gets_nobody_anything(self):
        with patient_rig() as rig:
            rig.start()
            worker = works(Guest(rig, "work", secret_of(rig, "fire"), b"fire-1"), "fire", "f1")
            worker.hear("Welcome")
            thieves = []
            for n in range(TRIES):  # while its owner is there, and so after it has gone
                thieves.append(works(Guest(rig, "work", secret_of(rig, "police"), b"fire-1"), "fire", f"t{n}"))
            incidents = publish(rig, "there", EVENTS)
            got = [worker.hear("Delivery") for _ in incidents]
            for one in got:
                worker.say(respond(one.incident, f"r{one.incident}", one.task.epoch))
            for thief in thieves:
                for incident in incidents:
                    thief.say(respond(packed(incident), f"t{incident}"))
            for _ in got:
                worker.hear("Receipt")
            worker.close()
            late = [works(Guest(rig, "work", secret_of(rig, "police"), b"fire-1"), "fire", f"l{n}") for n in range(3)]
            gone = publish(rig, "gone", EVENTS)
            late.append(Guest(rig, "work", secret_of(rig, "police"), b"fire-1"))
            again = works(Guest(rig, "work", secret_of(rig, "fire"), b"fire-2"), "fire", "f1")  # goes on where it was
            for _ in gone:
                again.hear("Delivery")
            stolen = sum(thief.deliveries() + thief.receipts() for thief in thieves + late)
            words = sum(record.get("person") == "贼" and record["principal"] != "fire" for record in rig.records())
            again.close()
            for thief in thieves + late:
                thief.close()
            rig.stop()
        self.assertTrue(figure("impostor: routing id", stolen == 0 and words == 0, tries=TRIES + 4, deliveries=stolen,
                               words_counted=words, genuine_deliveries=len(got) + len(gone)))

    def test_a_wrong_key_does_not_get_in_and_is_counted(self):
        with patient_rig() as rig:
            rig.start()
            guests = []
            for n in range(TRIES):
                stranger, server = zmq.curve_keypair()[1], zmq.curve_keypair()[0]
                endpoint = list(PORTS)[n % 4]
                guests.append(works(Guest(rig, endpoint, stranger), "fire", f"s{n}"))
                guests.append(works(Guest(rig, endpoint, secret_of(rig, "fire"), server=server), "fire", f"w{n}"))
                guests.append(works(Guest(rig, endpoint, None), "fire", f"n{n}"))
            publish(rig, "wrong", EVENTS)
            ends = time.monotonic() + PATIENCE_S
            while min(metrics(rig)["handshake_failed"] / 3, metrics(rig)["zap_refused"]) < TRIES and time.monotonic() < ends:
                guests[0].listen(50)
            told = metrics(rig)
            heard = sum(len(guest.listen()) for guest in guests)
            for guest in guests:
                guest.close()
            rig.stop()
        holds = heard == 0 and told["zap_refused"] >= TRIES and told["handshake_failed"] >= 3 * TRIES
        self.assertTrue(figure("impostor: wrong key", holds, tries=3 * TRIES, heard=heard, refused_by_zap=int(told["zap_refused"]),
                               failed_handshakes=int(told["handshake_failed"])))

    def test_another_departments_key_gets_nothing_and_is_on_record(self):
        with patient_rig() as rig:
            rig.start()
            worker = works(Guest(rig, "work", secret_of(rig, "fire")), "fire", "f1")
            incidents = [packed(one) for one in publish(rig, "other", EVENTS)]
            for _ in incidents:
                worker.hear("Delivery")
            before = len(rig.records())
            other = works(Guest(rig, "work", secret_of(rig, "police")), "fire", "f1")
            other.hear("Refusal")
            works(other, "police", "f1")  # the same worker's name, of its own unit
            other.hear("Welcome")
            desk = Guest(rig, "command", secret_of(rig, "police"))
            desk.say(hello(None))
            for n, incident in enumerate(incidents):
                other.say(respond(incident, f"w{n}"))
                other.hear("Refusal")
                desk.say(act("APPEAL", incident, f"p{n}", task=1))
                desk.hear("Refusal")
                desk.say(act("CANCEL", incident, f"c{n}"))
                desk.hear("Refusal")
                desk.say(p.make("Query", kind=p.value("QueryKind", "SHOW"), incident=incident))
                desk.hear("Refusal")
            feed = Guest(rig, "feed", secret_of(rig, "police"))
            feed.say(hello(None))
            feed.say(p.make("Subscribe", cursor="0", credit=1000))
            end = feed.hear("Entry")
            seen = other.deliveries() + sum(one.kind == "Entry" and one.body.record is not None for one in feed.listen())
            told = refused(rig)
            changed = sum(record["kind"] != "refused" for record in rig.records()[before:])
            for guest in (worker, other, desk, feed):
                guest.close()
            rig.stop()
        first = {code: told[principal, code][0]["count"] for principal, code in told if principal == "police"}
        holds = seen == 0 and end.record is None and changed == 0 and set(first) == {"out_of_scope", "unknown_incident", "forbidden"}
        self.assertTrue(figure("impostor: another's key", holds, tries=4 * EVENTS + 1, seen=seen, records_changed=changed,
                               codes_on_record=len(first)), dict(told))

    def test_a_revoked_key_is_out_and_a_new_one_in_without_a_restart(self):
        with patient_rig() as rig:
            new_public, new_secret = zmq.curve_keypair()
            rig.start()
            pid = rig.pid()
            old = works(Guest(rig, "work", secret_of(rig, "police")), "police", "old")
            feed = Guest(rig, "feed", secret_of(rig, "police"))  # it need not say anything any more to go on hearing
            feed.say(hello(None))
            feed.say(p.make("Subscribe", cursor="end", credit=4000))
            publish(rig, "before", 1, "8")
            task = old.hear("Delivery")
            line = "{name: police, roles: department, units: [police]}"
            both = f'{{name: police, roles: department, units: [police], keys: ["{new_public.decode()}"]}}'
            rig.edit("principals.yaml", line, both)
            rig.cli("reload", as_="ops")
            new = works(Guest(rig, "work", new_secret), "police", "new")
            new.hear("Welcome")
            old.say(p.make("Word", verb=p.value("WordVerb", "RESPOND"), incident=task.incident, task=1, epoch=task.task.epoch,
                           request="mine", person="贼"))
            old.hear("Receipt")  # while both are good
            os.unlink(os.path.join(rig.config, "keys/police.pub"))  # the old one is nobody's now
            rig.cli("reload", as_="ops")
            publish(rig, "after", EVENTS, "8")
            kept = sum(one.kind == "Entry" and b"after-" in one.raw for one in feed.listen())
            for _ in range(EVENTS + 1):  # and what the old one held
                new.hear("Delivery")
            old.say(respond(task.incident, "late"))
            old.hear("Refusal")
            rig.edit("principals.yaml", both, both[:-1] + ", revoked: true}")
            rig.cli("reload", as_="ops")
            new.say(respond(task.incident, "later"))
            new.hear("Refusal")
            guest = works(Guest(rig, "work", new_secret), "police", "again")
            publish(rig, "never", EVENTS, "8")
            before = metrics(rig)["zap_refused"]
            ends = time.monotonic() + PATIENCE_S
            while metrics(rig)["zap_refused"] == before == 0 and time.monotonic() < ends:
                guest.listen(50)
            late = kept + sum(p.text(one.body.event.id).startswith(("after", "never")) for one in old.listen() if one.kind == "Delivery")
            late += sum(p.text(one.body.event.id).startswith("never") for one in new.listen() if one.kind == "Delivery")
            late += len(guest.listen())
            told = refused(rig)
            same = rig.pid() == pid and rig.process.alive()
            for one in (old, new, guest, feed):
                one.close()
            rig.stop()
        by_name = [counted(told, name, "unknown_sender") for name in ("", "police")]  # forgotten; revoked
        holds = late == 0 and same and min(by_name) > 0
        self.assertTrue(figure("impostor: revoked key", holds, events=2 * EVENTS, deliveries=late, restarts=int(not same),
                               refusals_on_record=sum(by_name)), dict(told))

    def test_what_was_overheard_says_nothing_again(self):
        with patient_rig() as rig:
            rig.start()
            worker_tap, source_tap = Overheard(rig.port + PORTS["work"]), Overheard(rig.port)
            worker = works(Guest(rig, "work", secret_of(rig, "fire"), port=worker_tap.client_port), "fire", "f1")
            worker.hear("Welcome")
            source = Guest(rig, "publish", secret_of(rig, "camera"), port=source_tap.client_port)
            source.say(hello(None))
            frames = [p.publish(id=f"once-{n}", type="1.01", area=AREA) for n in range(EVENTS)]
            for n, frame in enumerate(frames):
                source.say(frame, tag=n + 10)
                source.hear("Receipt")
            for _ in frames:
                worker.hear("Delivery")
            source.close()
            worker.close()
            before, failed = len(rig.records()), metrics(rig)["handshake_failed"]
            answers = [tapped.replay() for tapped in (worker_tap, source_tap) for _ in range(TRIES)]
            known = zmq.curve_keypair()  # what CURVE says before it knows anybody: greeting and welcome
            live = Overheard(rig.port)
            twice = Guest(rig, "publish", secret_of(rig, "camera"), port=live.client_port)
            twice.say(hello(None))
            twice.hear("Welcome")
            live.twice.set()  # each of its frames comes twice: the second has a nonce that was used
            twice.say(p.publish(id="twice", type="1.01", area=AREA))
            ends = time.monotonic() + PATIENCE_S
            while metrics(rig)["messages_received"] == 0 and time.monotonic() < ends:
                twice.listen(50)
            live.twice.clear()
            other = Guest(rig, "publish", secret_of(rig, "fire"))  # the same frames, in clear, by another key
            other.say(hello(None))
            for n, frame in enumerate(frames):
                other.say(frame, tag=n + 10)
                other.hear("Refusal")
            records = rig.records()[before:]
            events = collections.Counter(record["event"]["id"] for record in rig.records() if record["kind"] == "opened")
            told = metrics(rig)
            twice.close()
            other.close()
            rig.stop()
        said_again = sum(record["kind"] not in ("refused", "released", "lease_ended", "offered") and
                         record.get("event", {}).get("id") != "twice" for record in records)
        holds = max(events.values()) == 1 and said_again == 0 and told["handshake_failed"] - failed >= len(answers) and known
        self.assertTrue(figure("impostor: replayed frames", holds, replays=len(answers) + EVENTS, events_twice=max(events.values()) - 1,
                               records=said_again, failed_handshakes=int(told["handshake_failed"] - failed)),
                        [record["kind"] for record in records])

    def test_refusals_are_on_record_once_a_minute_with_a_count(self):
        with patient_rig(exercise=True, speed=SPEED) as rig:
            rig.start()
            incident = packed(publish(rig, "one", 1)[0])
            guests = {name: Guest(rig, "command", secret_of(rig, name)) for name in ("police", "fire")}
            for guest in guests.values():
                guest.say(hello(None))
                guest.hear("Welcome")
            for n in range(FLOOD):
                for name, guest in guests.items():
                    guest.say(act("CANCEL", incident, f"{name}{n}"))
                if n % 50 == 49:
                    for guest in guests.values():
                        guest.hear("Refusal")
            ends = time.monotonic() + PATIENCE_S
            while any(counted(refused(rig), name, "forbidden") < FLOOD for name in guests) and time.monotonic() < ends:
                guests["fire"].listen(100)
            told = {name: refused(rig)[name, "forbidden"] for name in guests}
            gaps = [moment_ms(later) - moment_ms(one) for records in told.values() for one, later in zip(records, records[1:])]
            for guest in guests.values():
                guest.close()
            rig.stop()
        counts = {name: sum(record["count"] for record in records) for name, records in told.items()}
        holds = set(counts.values()) == {FLOOD} and min(gaps, default=60000) >= 60000
        self.assertTrue(figure("impostor: refusals on record", holds, refused=2 * FLOOD, on_record=sum(counts.values()),
                               records=sum(map(len, told.values())), shortest_gap_s=min(gaps, default=60000) / 1000), told)


if __name__ == "__main__":
    tap.main()
