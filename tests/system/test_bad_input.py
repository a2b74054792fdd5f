"""Bad input of every kind: each is a refusal with its own code, counted, nothing stored, the broker unharmed."""

import random
import struct
import time
import unittest

import zmq

import tap
from broker import Broker
from protocol import Peer, encode, make, publish, refusal, value

AREA = "620899001001"
HOUR_MS = 3600 * 1000


def text_event(bytes_of_text):
    """A valid event but for the raw bytes of its text."""
    place = b"~" * len(bytes_of_text)
    frame = encode(publish(id="raw", type="1.01", area=AREA, text=place.decode()))
    assert frame.count(place) == 1
    return frame.replace(place, bytes_of_text)


def point(latitude, longitude):
    return make("Point", latitude=latitude, longitude=longitude)


class BadInput(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.broker = Broker(tcp=True, http=True).start()
        cls.peer = Peer(cls.broker, "publish")

    @classmethod
    def tearDownClass(cls):
        cls.peer.socket.close()
        cls.broker.__exit__(None, None, None)

    def setUp(self):
        self.before = self.stored()

    def tearDown(self):
        self.assertEqual(self.stored(), self.before, "something was stored")
        self.assertTrue(self.broker.process.alive())

    def stored(self):
        return len([r for r in self.broker.records() if r["kind"] not in ("started", "policy", "refused")])

    def refused(self, code, frame, field=None, peer=None):
        """The frame is refused with this code (and field)."""
        peer = peer or self.peer
        peer.send(frame)
        got = refusal(peer.receive())
        self.assertEqual(got[0], code)
        if field:
            self.assertEqual(got[1], field)

    def refused_event(self, code, field=None, **fields):
        fields = {"id": "bad", "type": "1.01", "area": AREA, **fields}
        self.refused(code, encode(publish(**{k: v for k, v in fields.items() if v is not None})), field)

    # --- frames ---

    def test_empty_short_and_random_frames(self):
        dice = random.Random(7)
        for size in (0, 1, 3, 4, 7, 8, 20, 300):
            self.refused("malformed", dice.randbytes(size))

    def test_every_truncation(self):
        frame = encode(publish(id="cut", type="1.01", area=AREA, text="文字" * 20))
        for size in range(0, len(frame) - 1, 5):
            self.peer.send(frame[:size])
            self.assertEqual(self.peer.receive().kind, "Refusal", size)

    def test_a_wrong_identifier(self):
        self.refused("malformed", encode(publish(id="x", type="1.01", area=AREA), identifier=b"NOPE"))

    def test_an_unknown_version(self):
        self.refused("unknown_version", encode(make("Hello", version=99, client="future"), version=99))

    def test_an_unknown_union_member(self):
        frame = bytearray(encode(publish(id="x", type="1.01", area=AREA)))
        table = struct.unpack_from("<I", frame, 0)[0]
        vtable = table - struct.unpack_from("<i", frame, table)[0]
        slot = struct.unpack_from("<H", frame, vtable + 4 + 2 * 2)[0]  # body_type is the third field
        frame[table + slot] = 200
        self.refused("unknown_message", bytes(frame))

    def test_a_message_that_belongs_to_another_endpoint(self):
        self.refused("wrong_endpoint", encode(make("Subscribe", cursor="0")))

    def test_a_message_only_the_broker_sends(self):
        answer = self.peer.ask(make("Receipt", seq=1))
        self.assertIn(refusal(answer)[0], ("wrong_endpoint", "unknown_message"))

    def test_nothing_before_hello(self):
        with Peer(self.broker, "publish", hello=False) as peer:
            self.refused("hello_first", encode(publish(id="x", type="1.01", area=AREA)), peer=peer)

    def test_an_oversized_frame_ends_the_connection_and_nothing_else(self):
        with Peer(self.broker, "publish") as peer:
            peer.socket.setsockopt(zmq.RCVTIMEO, 1000)
            peer.send(b"x" * (65 * 1024))
            with self.assertRaises(zmq.Again):
                peer.receive()
        self.assertEqual(self.peer.ask(make("Hello", version=1, client="test")).kind, "Welcome")

    def test_a_large_flat_frame_within_the_limit(self):
        self.refused("malformed", b"\0" * (64 * 1024 - 16))

    def test_several_parts(self):
        self.peer.socket.send_multipart([b"a", b"b"])
        self.assertEqual(self.peer.receive().kind, "Refusal")

    def test_single_bit_flips_never_harm(self):
        frame = encode(publish(id="flip", type="9.99", area=AREA, text="no such type: never stored"))
        for bit in range(0, len(frame) * 8, 7):
            flipped = bytearray(frame)
            flipped[bit // 8] ^= 1 << bit % 8
            self.peer.send(bytes(flipped))
        answered = 0
        for _ in range(0, len(frame) * 8, 7):
            kind = self.peer.receive().kind
            answered += 1
            self.assertIn(kind, ("Refusal", "Welcome"))
        self.assertTrue(answered)

    # --- fields ---

    def test_invalid_utf8(self):
        for wrong in (b"\xff\xfe", b"\xc0\xaf", b"\xed\xa0\x80", b"abc\xe4\xb8"):
            self.refused("bad_text", text_event(wrong), "text")

    def test_nul_in_text(self):
        self.refused("bad_text", text_event(b"before\0after"), "text")

    def test_too_long(self):
        for field, size in (("id", 65), ("type", 33), ("text", 16 * 1024 + 1), ("address", 513)):
            self.refused_event("too_long", None, **{field: "x" * size})

    def test_missing_fields(self):
        self.refused_event("missing_field", "id", id=None)
        self.refused_event("missing_field", "type", type=None)

    def test_coordinates_that_are_no_place(self):
        wgs84 = value("CoordinateSystem", "WGS84")
        for latitude, longitude in ((float("nan"), 106.6), (35.5, float("inf")), (91.0, 106.6), (35.5, 181.0)):
            self.refused_event("bad_number", None, area=None, point=point(latitude, longitude), system=wgs84)

    def test_a_point_without_its_system(self):
        self.refused_event("no_coordinate_system", None, area=None, point=point(35.5, 106.6))

    def test_unknown_enumeration_values(self):
        self.refused_event("bad_value", "nature", nature=99)
        self.refused_event("bad_value", None, area=None, point=point(35.5, 106.6), system=77)
        self.refused_event("bad_value", "severity", severity=9)

    def test_a_time_in_the_far_future(self):
        self.refused_event("time_in_future", None, observed_ms=int(time.time() * 1000) + HOUR_MS)

    def test_an_unknown_type_or_area(self):
        self.refused_event("unknown_type", "type", type="9.99")
        self.refused_event("unknown_area", None, area="999999")

    def test_too_many_attachments(self):
        many = [make("Attachment", uri="http://x/1") for _ in range(17)]
        self.refused_event("too_many", None, attachments=many)

    # --- senders ---

    def test_an_unknown_key_gets_nowhere(self):
        self.broker.make_key("nobody")
        with self.assertRaises(zmq.Again):
            peer = Peer(self.broker, "publish", as_="nobody", hello=False)
            peer.socket.setsockopt(zmq.RCVTIMEO, 1000)
            peer.ask(make("Hello", version=1, client="test"))

    def test_curve_without_encryption_gets_nowhere(self):
        plain = zmq.Context.instance().socket(zmq.DEALER)
        plain.setsockopt(zmq.LINGER, 0)
        plain.setsockopt(zmq.RCVTIMEO, 1000)
        plain.connect(f"tcp://127.0.0.1:{self.broker.port}")
        plain.send(encode(make("Hello", version=1, client="plain")))
        with self.assertRaises(zmq.Again):
            plain.recv()
        plain.close()

    def test_forbidden_and_out_of_scope(self):
        with Peer(self.broker, "publish", as_="desk") as peer:
            self.refused("forbidden", encode(publish(id="x", type="1.01", area=AREA)), peer=peer)
        with Peer(self.broker, "publish", as_="camera") as peer:
            self.refused("out_of_scope", encode(publish(id="x", type="3", area=AREA)), peer=peer)
        with Peer(self.broker, "publish", as_="hotline") as peer:
            self.refused("forbidden", encode(publish(id="x", type="1.01", area=AREA, panic=True)), peer=peer)

    def test_a_stolen_unit(self):
        with Peer(self.broker, "work", as_="fire", hello=False) as peer:
            answer = peer.ask(make("Hello", version=1, client="thief", unit="police", worker="thief"))
            self.assertIn(refusal(answer)[0], ("forbidden", "out_of_scope"))

    def test_refusals_of_rights_are_recorded_once_a_minute_with_a_count(self):
        with Peer(self.broker, "publish", as_="police") as peer:
            for number in range(20):
                self.refused("forbidden", encode(publish(id=f"x{number}", type="1.01", area=AREA)), peer=peer)
        said = [r for r in self.broker.records() if r["kind"] == "refused" and r["principal"] == "police"]
        self.assertEqual(len(said), 1)

    # --- commands ---

    def test_acts_on_what_is_not_there(self):
        with Peer(self.broker, "command", as_="desk") as peer:
            act = make("Act", request="a1", verb=value("ActVerb", "ASSIGN"), incident=123456789, unit="fire", person="李四")
            self.refused("unknown_incident", encode(act), peer=peer)
            query = make("Query", kind=value("QueryKind", "SHOW"), incident=123456789)
            self.refused("unknown_incident", encode(query), peer=peer)

    def test_a_bad_cursor(self):
        with Peer(self.broker, "feed") as peer:
            self.refused("bad_cursor", encode(make("Subscribe", cursor="not a cursor", credit=1)), peer=peer)

    def test_what_is_refused_is_counted(self):
        def counted():
            return sum(float(line.split()[-1]) for line in self.broker.http("/metrics")[1].splitlines()
                       if line.startswith("bihuan_malformed_total"))
        before = counted()
        self.refused("malformed", b"junk")
        self.assertGreater(counted(), before)


class PanicLane(unittest.TestCase):
    """On the panic lane, or at severity 1, what is unknown is accepted, flagged, and put before people."""

    def test_unknown_type_or_area_is_unrouted_and_flagged(self):
        with Broker(tcp=True) as broker:
            for number, fields in enumerate(({"type": "9.99", "area": AREA, "panic": True},
                                             {"type": "1.01", "area": "999999", "severity": 1})):
                answer, = broker.publish({"id": f"panic-{number}", **fields})
                head = broker.row(answer["incident"])["head"]
                self.assertTrue(head["flagged"])
                self.assertEqual(head["state"], "unrouted")


if __name__ == "__main__":
    tap.main()
