"""kill -9 of the broker, again and again, under sources, workers and the command line: every receipt given is there after the
restart, nothing happened twice, and it is ready again soon."""

import concurrent.futures
import contextlib
import json
import os
import random
import subprocess
import threading
import time
import unittest

from rig import SEED, Rig, binary, choose, figure, tap

KILLS = int(os.environ.get("BIHUAN_KILLS", "0")) or choose(50, 1000)
BETWEEN_S = (0.010, 0.500)
READY_P99_S = 2.0
GAP_US = choose(4000, 15000)  # between two events of a source


class Desk:
    """A dispatcher at the command line, urging one incident after another; what it is told it writes down, durably."""

    def __init__(self, rig):
        self.rig, self.said, self.stop = rig, 0, False
        self.log = rig.path("log-desk")
        rig.logs.append(self.log)
        self.pool = concurrent.futures.ThreadPoolExecutor(1)
        self.end = self.pool.submit(self.run)

    def run(self):
        with open(self.log, "a", encoding="utf-8") as log:
            while not self.stop:
                incident = self.latest()
                if incident:
                    self.urge(incident, log)

    def latest(self):
        """An incident that waits for a unit that never works."""
        path = self.rig.path("log-night")
        lines = open(path, encoding="utf-8").read().split("\n")[:-1] if os.path.exists(path) else []
        receipts = [line.split() for line in lines[-50:] if line.startswith("receipt")]
        return random.choice(receipts)[3] if receipts else None

    def urge(self, incident, log):
        self.said += 1
        request = f"desk-{self.said}"
        result = self.rig.cli("urge", incident, "--request", request, "--json", "--timeout", 25, as_="desk", ok=False)
        if result.exit != 0:
            return
        receipt = result.json
        receipt = receipt.get("receipt", receipt)
        log.write(f"word {time.monotonic_ns()} {receipt['seq']} {incident} {request}\n")
        log.flush()
        os.fsync(log.fileno())

    def finish(self):
        self.stop = True
        self.end.result()
        self.pool.shutdown()


class FedPublisher:
    """`bihuan publish --log` fed without end, whose own log is the promise."""

    def __init__(self, rig, source):
        self.rig, self.sent, self.stop = rig, 0, threading.Event()
        self.receipts = rig.path(f"receipts-{source}")
        self.source = source
        self.process = subprocess.Popen(
            [binary("bihuan"), "publish", "--json", "--quiet", "--log", self.receipts, "--in-flight", "16", "--timeout",
             "60"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=open(self.receipts + "-errors", "w"),
            encoding="utf-8", env=rig.environment(source))
        self.pool = concurrent.futures.ThreadPoolExecutor(1)
        self.end = self.pool.submit(self.feed)

    def feed(self):
        """One in fifty has clocks that run out within seconds."""
        with contextlib.suppress(BrokenPipeError), self.process.stdin as stdin:  # it ended: finish tells why
            while not self.stop.wait(GAP_US / 1e6):
                event = {"id": f"{self.source}-{self.sent}", "type": "5" if self.sent % 50 == 0 else "2.01",
                         "area": "620899001001"}
                stdin.write(json.dumps(event) + "\n")
                stdin.flush()
                self.sent += 1

    def finish(self):
        """Its log, as promise.c would have kept it."""
        self.stop.set()
        self.end.result()
        assert self.process.wait(60) == 0, open(self.receipts + "-errors", encoding="utf-8").read()
        with open(self.receipts, encoding="utf-8") as log:
            receipts = [json.loads(line) for line in log]
        assert sorted(receipt["id"] for receipt in receipts) == sorted(f"{self.source}-{n}" for n in range(self.sent))
        path = self.rig.path(f"log-{self.source}-fed")
        with open(path, "w", encoding="utf-8") as log:
            log.writelines(f"receipt 0 {r['seq']} {r['incident']} {r['id']}\n" for r in receipts)
        self.rig.logs.append(path)


class Kill(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        dice = random.Random(SEED)
        cls.rig = rig = Rig("kill", tcp=True)
        cls.addClassCleanup(rig.close)
        rig.start()
        fed = [FedPublisher(rig, source) for source in ("hotline", "camera")]
        rig.source("fires", "--in-flight", 8, "--gap-us", GAP_US)
        rig.source("night", "--in-flight", 4, "--gap-us", 20 * GAP_US, type="5")
        for n in range(2):
            rig.worker_of("fire", f"hand-{n}", credit=8)
        desk = Desk(rig)
        cls.ready_s = []
        for _ in range(KILLS):
            try:
                status = rig.process.process.wait(dice.uniform(*BETWEEN_S))
                raise AssertionError(f"the broker ended by itself, {status}:\n" + rig.process.err.last())
            except subprocess.TimeoutExpired:
                rig.kill()
            began = time.monotonic()
            rig.start()
            cls.ready_s.append(time.monotonic() - began)
        desk.finish()
        for publisher in fed:
            publisher.finish()
        rig.end_clients()
        cls.urged = desk.said
        cls.words = sum(line[0] == "word" for line in rig.promises())
        rig.stop()
        cls.verified = rig.verify()

    def test_what_was_promised_is_there_and_happened_once(self):
        said = json.loads(self.verified.out.splitlines()[-1])
        p99 = sorted(self.ready_s)[int(len(self.ready_s) * 0.99)]
        holds = self.verified.exit == 0 and p99 < READY_P99_S and said["promises"] > 20 * KILLS
        self.assertTrue(figure("kill loop", holds, kills=KILLS, ready_p99_s=round(p99, 3), words=self.words, **said),
                        self.verified)

    def test_each_start_is_on_the_trail(self):
        said = json.loads(self.verified.out.splitlines()[-1])
        self.assertEqual(said["starts"], KILLS + 1)

    def test_workers_and_the_command_line_were_answered(self):
        self.assertGreater(self.words, KILLS)
        self.assertGreater(self.urged, KILLS // 10)


if __name__ == "__main__":
    tap.main()
