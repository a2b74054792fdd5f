"""The independent second implementation: workers/python/, written from PROTOCOL.md alone, against a real broker over
CURVE; and the golden frames, read by it."""

import glob
import json
import os
import signal
import subprocess
import sys
import unittest

import tap
from broker import BUILD, LIMIT_S, ROOT, Broker

PEERS = os.path.join(ROOT, "workers", "python")
os.environ.setdefault("BIHUAN_PYTHON", os.path.join(BUILD, "python"))
sys.path.insert(0, PEERS)

import bihuan_client  # noqa: E402  (its folder is known only now)


def event(id, type="1.01", **fields):
    return {"id": id, "type": type, "area": "620899001001", "text": "井盖缺失", **fields}


class Peers(unittest.TestCase):
    def setUp(self):
        self.broker = Broker(tcp=True).start()

    def tearDown(self):
        self.broker.__exit__(None, None, None)

    def publisher(self, *events, as_="camera", lines=None, flags=(), env=None):
        """(exit status, lines on stdout) of the Python publisher."""
        text = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in events) if lines is None else lines
        done = subprocess.run([sys.executable, os.path.join(PEERS, "bihuan_publisher.py"), *flags], input=text,
                              env={**self.broker.environment(as_), **(env or {})}, capture_output=True,
                              encoding="utf-8", timeout=LIMIT_S, check=False)
        self.assertEqual(done.stderr, "")
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]

    def worker(self, *flags, unit="fire", as_="fire", name="python-1"):
        return self.broker.run(sys.executable, os.path.join(PEERS, "bihuan_worker.py"), "--department", unit, "--name", name,
                               *flags, as_=as_)

    def next_line(self, worker, kind):
        return json.loads(worker.out.until(lambda line: kind in json.loads(line)))

    def test_published_here_handled_here_and_closed(self):
        worker = self.worker("--once", "3", "--credit", "2")
        status, receipts = self.publisher(*(event(f"py-{n}") for n in range(3)))
        self.assertEqual(status, 0, receipts)
        self.assertEqual(worker.wait(), 0)
        lines = [json.loads(line) for line in worker.out.seen]
        for receipt in receipts:
            said = [line["say"] for line in lines if "word" in line and line["word"]["incident"] == receipt["incident"]]
            self.assertEqual(said, ["respond", "arrive", "feedback"])
            head = self.broker.head(receipt["incident"])
            self.assertEqual((head["state"], head["outcome"], head["source"]), ("closed", "resolved", "camera"))

    def test_a_repeat_gets_the_first_receipt_from_either_implementation(self):
        _, (first,) = self.publisher(event("same-1"))
        _, (again,) = self.publisher(event("same-1"))
        native, = self.broker.publish(event("same-1"), as_="camera")
        self.assertEqual([first["repeat"], again["repeat"], native["repeat"]], [False, True, True])
        self.assertEqual({first["incident"], again["incident"]}, {native["incident"]})

    def test_every_field_arrives(self):
        sent = event("full-1", severity=1, nature="help", address="东大街 12 号",
                     point={"lat": 35.5, "lon": 106.6, "system": "gcj02"}, source_ref="camera-7", object="6208020137",
                     observed="2023-11-15T06:13:20.123+08:00", panic=True, reporter="c2VhbGVk",
                     attachments=[{"uri": "https://camera/7.jpg", "media_type": "image/jpeg", "sha256": "5a" * 32}])
        _, (receipt,) = self.publisher(sent)
        native, = self.broker.publish(sent, as_="camera")
        self.assertEqual((native["incident"], native["repeat"]), (receipt["incident"], True), "the same dialect")
        self.assertIn("incident", receipt)
        opened = next(record for record in self.broker.timeline(receipt["incident"]) if record["kind"] == "opened")
        got = opened["event"]
        for name in ("id", "type", "text", "severity", "nature", "source_ref", "panic", "object"):
            self.assertEqual(got[name], sent[name], name)
        self.assertEqual(got["observed"], "2023-11-14T22:13:20.123Z")
        place = dict(sent["point"], area=sent["area"], address=sent["address"])
        for name, known in (("area", "area"), ("address", "address"), ("latitude", "lat"), ("longitude", "lon"),
                            ("system", "system")):
            self.assertEqual(got["place"][name], place[known], name)

    def test_refusals_are_named_and_the_rest_goes_on(self):
        bad_point = event("bad-3")
        bad_point.update(point={"lat": 35.5, "lon": 106.6})
        status, lines = self.publisher(event("bad-1", type="9.99"), event(""), bad_point,
                                       event("bad-4", type="3"), event("good-1"))
        by_id = {line["id"]: line for line in lines}
        self.assertEqual(status, 1)
        self.assertEqual(by_id["bad-1"]["refusal"], "unknown_type")
        self.assertEqual(by_id[""]["refusal"], "missing_field")
        self.assertEqual(by_id["bad-3"]["refusal"], "no_coordinate_system")
        self.assertEqual(by_id["bad-4"]["refusal"], "out_of_scope")
        self.assertIn("incident", by_id["good-1"])
        for bad in ({"colour": "red"}, {"point": {"lat": 1}}, {"point": {"lat": 1, "lon": 2, "high": 3}}, {"panic": 1},
                    {"observed": "yesterday"}, {"observed": "2023-11-15T06:13:20"}, {"severity": "1"}, {"reporter": "?"}):
            status, (line,) = self.publisher(event("bad-5", **bad))
            self.assertEqual((status, line["refusal"]), (1, "bad_line"), bad)

    def test_who_may_not_is_told(self):
        _, (line,) = self.publisher(event("fire-1"), as_="fire")
        self.assertEqual(line["refusal"], "forbidden")
        worker = self.worker(as_="police")  # not its unit
        self.assertEqual(self.next_line(worker, "refused")["code"], "out_of_scope")

    def test_a_readable_secret_key_is_not_used(self):
        os.chmod(self.broker.key("camera"), 0o644)
        with self.assertRaises(PermissionError):
            bihuan_client.Client("publish", f"tcp://127.0.0.1:{self.broker.port}", self.broker.public_key("broker"),
                                 self.broker.key("camera"))

    def test_it_survives_a_killed_broker(self):
        worker = self.worker("--once", "2")
        _, (first,) = self.publisher(event("kill-1"))
        self.next_line(worker, "delivery")
        self.broker.kill()
        self.broker.start()
        _, (second,) = self.publisher(event("kill-2"))
        self.assertEqual(worker.wait(), 0)
        for receipt in (first, second):
            self.assertEqual(self.broker.head(receipt["incident"])["state"], "closed")

    def test_sigterm_drains(self):
        worker = self.worker()
        _, (receipt,) = self.publisher(event("drain-1"))
        self.next_line(worker, "delivery")
        worker.process.send_signal(signal.SIGTERM)
        self.assertEqual(worker.wait(), 0)
        self.assertEqual(self.broker.head(receipt["incident"])["state"], "closed", "what is responded is finished")

    def test_the_runner_and_the_python_worker_are_colleagues(self):
        native = self.broker.worker("fire", "/bin/sh", "-c", "echo respond; echo feedback resolved", as_="fire", name="native")
        python = self.worker()
        _, receipts = self.publisher(*(event(f"both-{n}") for n in range(8)))
        for receipt in receipts:
            trail = self.broker.follow()
            trail.until(kind="fed_back", incident=receipt["incident"])
            trail.close()
            kinds = [record["kind"] for record in self.broker.timeline(receipt["incident"])]
            self.assertEqual((kinds.count("responded"), kinds.count("fed_back")), (1, 1))
        for process in (native, python):
            self.assertEqual(process.terminate(), 0)


class Golden(unittest.TestCase):
    """What the C++ side wrote, Python reads."""

    def test_every_golden_message_decodes(self):
        names = {"Delivery": "task"}
        frames = sorted(glob.glob(os.path.join(ROOT, "schemas/golden/v1/message_*.bin")))
        self.assertGreater(len(frames), 15)
        for path in frames:
            with open(path, "rb") as file, open(path[:-4] + ".json", encoding="utf-8") as meaning:
                kind, body, tag = bihuan_client.decode(file.read())
                json_of = json.load(meaning)
            self.assertEqual(names.get(kind, kind.lower()), json_of["message"], path)
            self.assertNotEqual(tag, 0, path)
            if "incident" in json_of:
                self.assertEqual(bihuan_client.incident_text(body.incident), json_of["incident"], path)

    def test_damaged_frames_are_no_messages(self):
        with open(os.path.join(ROOT, "schemas/golden/v1/message_task.bin"), "rb") as file:
            frame = file.read()
        self.assertIsNone(bihuan_client.decode(b""))
        self.assertIsNone(bihuan_client.decode(frame[:7]))
        self.assertIsNone(bihuan_client.decode(frame[:4] + b"XXXX" + frame[8:]))
        for size in range(8, len(frame), 7):
            bihuan_client.decode(frame[:size])  # None or not: it does not raise

    def test_the_check_character(self):
        self.assertEqual(bihuan_client.incident_text(620802 << 44 | 123), "620802-000123-W")


if __name__ == "__main__":
    tap.main()
