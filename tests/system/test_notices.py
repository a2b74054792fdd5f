"""What became of it, told to whoever reported: by the command line, the C library and the client in Python, over a broker
that is killed; a flood beside an alarm button."""

import json
import os
import subprocess
import sys
import tempfile
import time
import unittest

import tap
from broker import BUILD, LIMIT_S, ROOT, Broker

PEER = os.path.join(ROOT, "workers", "python", "bihuan_notices.py")
os.environ.setdefault("BIHUAN_PYTHON", os.path.join(BUILD, "python"))

PROGRAM = """
#include <err.h>
#include <stdio.h>
#include <bihuan.h>

static uint64_t taken;
static bool said;

static void take(void *arg, const struct bh_notice *notice)
{
    (void)arg;
    printf("%s %s %s\\n", notice->incident, notice->step, notice->events[0]);
    taken = notice->sequence;
}

static void done(void *arg, const struct bh_result *result)
{
    (void)arg;
    said = result->error == BH_OK;
}

int main(void)
{
    struct bh *bh;
    char fault[BH_FAULT_BYTES];
    if (bh_open(NULL, &bh, fault) != BH_OK)
        errx(1, "%s", fault);
    bh_notices(bh, take, NULL, NULL);
    while (bh_poll(bh, 2000) > 0) {
    }
    if (bh_acknowledge_start(bh, taken, 10000, done, NULL) != BH_OK)
        errx(1, "acknowledge");
    while (!said)
        bh_poll(bh, 1000);
    bh_close(bh);
    return 0;
}
"""


def event(id, **fields):
    return {"id": id, "type": "1.01", "area": "620899001001", **fields}


class Notices(unittest.TestCase):
    def setUp(self):
        self.broker = Broker(tcp=True)
        self.broker.edit("principals.yaml", "panic: true}\n  - {name: hotline, roles: [source, intake]}",
                         "panic: true, notices: true}\n  - {name: hotline, roles: [source, intake], quota: 20/s}")
        self.broker.start()

    def tearDown(self):
        self.broker.__exit__(None, None, None)

    def notices(self, *flags):
        return [(line["step"], line["events"]) for line in self.broker.cli("notices", "--json", *flags, as_="camera").lines]

    def peer(self):
        done = subprocess.run([sys.executable, PEER], env=self.broker.environment("camera"), capture_output=True,
                              encoding="utf-8", timeout=LIMIT_S, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return [(line["step"], line["events"]) for line in map(json.loads, done.stdout.splitlines())]

    def close(self, incident):
        for word in (("respond",), ("feedback", "--outcome", "resolved")):
            self.broker.cli("say", incident, *word, "--on-behalf", "fire", "--person", "张三")

    def test_kept_until_acknowledged_over_a_killed_broker(self):
        receipt, = self.broker.publish(event("n-1"), as_="camera")
        self.close(receipt["incident"])
        steps = [(step, ["n-1"]) for step in ("accepted", "responded", "fed_back", "closed")]
        self.assertEqual(self.notices(), steps)
        self.broker.kill()
        self.broker.start()
        self.assertEqual(self.notices("--ack"), steps)
        self.assertEqual(self.notices(), [])
        self.broker.kill()
        self.broker.start()
        self.assertEqual(self.notices(), [])
        self.broker.publish(event("n-2"), as_="camera")
        self.assertEqual(self.peer(), [("accepted", ["n-2"])])
        self.assertEqual(self.peer(), [])

    def test_the_peer_and_the_library_acknowledge_what_they_wrote_out(self):
        receipt, = self.broker.publish(event("p-1"), as_="camera")
        self.assertEqual(self.peer(), [("accepted", ["p-1"])])
        self.close(receipt["incident"])
        with tempfile.TemporaryDirectory() as folder:
            source, program = os.path.join(folder, "notices.c"), os.path.join(folder, "notices")
            with open(source, "w", encoding="utf-8") as file:
                file.write(PROGRAM)
            subprocess.run(["cc", "-std=c17", "-Wall", "-Werror", "-I", os.path.join(ROOT, "workers"), source, "-o", program,
                            "-L", BUILD, "-lbihuan"], check=True, timeout=LIMIT_S)
            os.symlink(os.path.join(BUILD, "libbihuan.so"), os.path.join(folder, "libbihuan.so.0"))
            done = subprocess.run([program], env={**self.broker.environment("camera"), "LD_LIBRARY_PATH": folder},
                                  timeout=LIMIT_S, capture_output=True, encoding="utf-8", check=True)
        self.assertEqual(done.stdout.splitlines(),
                         [f"{receipt['incident']} {step} p-1" for step in ("responded", "fed_back", "closed")])
        self.assertEqual(self.notices(), [])

    def test_followed_as_they_are_made(self):
        following = self.broker.run(os.path.join(BUILD, "bihuan"), "notices", "--follow", "--ack", "--json", as_="camera")
        receipt, = self.broker.publish(event("f-1"), as_="camera")
        following.out.until(lambda line: json.loads(line)["step"] == "accepted")
        self.broker.kill()
        self.broker.start()
        self.close(receipt["incident"])
        following.out.until(lambda line: json.loads(line)["step"] == "closed")

    def test_who_takes_none_is_told(self):
        self.assertIn("notices: true", self.broker.cli("notices", as_="hotline", ok=False).err)

    def test_status_says_how_far_it_is(self):
        receipt, = self.broker.publish(event("s-1"), as_="camera")
        self.close(receipt["incident"])
        said = self.broker.cli("status", "--event", "s-1", as_="camera").out.splitlines()
        self.assertIn("sequence", said[0])
        self.assertIn("closed", said[1])
        self.assertIn("resolved", said[1])

    def test_a_flood_has_its_quota_and_an_alarm_goes_through(self):
        """The source that is refused is told when to come again, and its client does: nothing is lost, and it takes the time
        that the quota says."""
        flood = [event(f"flood-{n}") for n in range(60)]
        began = time.monotonic()
        answers = self.broker.publish(*flood, as_="hotline")
        self.assertGreater(time.monotonic() - began, 1.5)  # 20 at once, then 20 a second
        self.assertEqual(len({answer["incident"] for answer in answers}), 60)
        alarm, = self.broker.publish(event("alarm-1", panic=True), as_="camera")
        self.assertIn("incident", alarm)


if __name__ == "__main__":
    tap.main()
