"""A full store refuses what is new and finishes what is open, goes on when there is room again, and where even the reserve is
gone it stops cleanly: nothing accepted is lost for want of room."""

import json
import os
import subprocess
import time
import unittest

from rig import LIMIT_S, Process, Rig, Trail, binary, choose, figure, program, tap

MAP_MIB = 16
DISK_MIB = choose(48, 128)
RESUMES_S = 5
TEXT = "满" * 400


def events(prefix, count):
    return "".join(json.dumps({"id": f"{prefix}-{n}", "type": "1.01", "area": "620899001001", "text": TEXT}) + "\n"
                   for n in range(count))


class FullRig(Rig):
    """Publishes until it is full, and has all that was accepted finished."""

    def fill(self, prefix, count):
        """How many were accepted: the rest was refused as it should be."""
        log = self.path(f"receipts-{prefix}")
        done = subprocess.run([binary("bihuan"), "publish", "--json", "--quiet", "--timeout", "30", "--log", log],
                              input=events(prefix, count), text=True, env=self.environment(), capture_output=True, check=False)
        assert done.returncode == 1, done.stderr[-300:]
        assert "store_full" in done.stdout + done.stderr, done.stderr[-300:]
        with open(log, encoding="utf-8") as receipts:
            lines = [json.loads(line) for line in receipts]
        with open(self.path(f"log-{prefix}"), "w", encoding="utf-8") as promises:
            promises.writelines(f"receipt 0 {line['seq']} {line['incident']} {line['id']}\n" for line in lines)
        self.logs.append(self.path(f"log-{prefix}"))
        assert 300 < len(lines) < count, len(lines)
        return len(lines)

    def finish(self):
        """Every open task is done; how many incidents are closed then."""
        for n in range(4):
            self.worker_of("fire", f"finisher-{n}", credit=64)
        with Trail(self, "0", None) as trail:
            closed, wanted = 0, self.cli("overview", "--json").json["overview"]["accepted"]
            while closed < wanted:
                trail.until(kind="closed")
                closed += 1
        self.end_clients()
        return self.cli("overview", "--json").json["overview"]["closed"]


class SmallDisk(FullRig):
    """The store is on a tmpfs of its own, in a namespace that a holder keeps."""

    def __init__(self, mib):
        super().__init__("full", http=True, keys=())
        if os.getuid() != 0:
            self.edit("principals.yaml", f"uids: [{os.getuid()}]", f"uids: [0, {os.getuid()}]")
        os.makedirs(self.store, mode=0o700)
        mount = f"mount -t tmpfs -o mode=700,size={mib}m tmpfs '{self.store}' && echo mounted && exec cat"
        self.holder = Process(["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount],
                              stdin=subprocess.PIPE)
        self.outside = f"/proc/{self.holder.pid}/root{self.store}"

    def mounted(self):
        return self.holder.out.next(5) == "mounted"

    def within(self, *command):
        return ["nsenter", f"--target={self.holder.pid}", "--user", "--mount", "--preserve-credentials", *command]

    def start(self):
        self.process = Process(self.within(binary("bihuand"), *self.flags))
        self.process.err.until(lambda line: " ready " in f" {line} ")
        return self

    def resize(self, mib):
        subprocess.run(self.within("mount", "-o", f"remount,size={mib}m", "tmpfs", self.store), check=True)

    def verify(self, store=None):
        done = subprocess.run(self.within(program("verify"), self.store, *self.logs), capture_output=True, text=True,
                              timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    def fill_up(self):
        """Somebody else takes what is left of the disk."""
        with open(os.path.join(self.outside, "filler"), "wb", buffering=0) as filler:
            for size in (1 << 20, 4096):
                try:
                    while True:
                        filler.write(b"x" * size)
                except OSError:
                    continue

    def make_room(self):
        os.unlink(os.path.join(self.outside, "filler"))

    def close(self):
        super().close()
        self.holder.kill()

    def size_of(self, name):
        return os.stat(os.path.join(self.outside, name)).st_size


def accepted_within(rig, prefix):
    """Seconds until an event is accepted again."""
    began = time.monotonic()
    for n in range(100):
        done = rig.cli("publish", "--id", f"{prefix}-{n}", "--type", "1.01", "--area", "620899001001", "--timeout", 1,
                       ok=False)
        if done.exit == 0:
            return time.monotonic() - began
        assert time.monotonic() - began < LIMIT_S, done
    raise AssertionError("never accepted again")


class FullMap(unittest.TestCase):
    def test_open_tasks_are_finished_and_the_broker_starts_again(self):
        with FullRig("map", http=True, keys=(), flags=("--map-size", str(MAP_MIB))) as rig:
            rig.start()
            small = os.stat(os.path.join(rig.store, "data.mdb")).st_size
            accepted = rig.fill("full", 6000)
            closed = rig.finish()
            self.assertEqual(closed, accepted)
            rig.restart()
            self.assertEqual(rig.cli("overview", "--json").json["overview"]["closed"], accepted)
            grown = os.stat(os.path.join(rig.store, "data.mdb")).st_size
            rig.stop()
            rig.assert_kept()
            rig.flags[rig.flags.index("--map-size") + 1] = str(2 * MAP_MIB)  # room: the operator gives it more
            rig.start()
            resumed_s = accepted_within(rig, "again")
        holds = small < 1 << 20 < grown <= MAP_MIB << 20 and resumed_s < RESUMES_S
        self.assertTrue(figure("full map", holds, map_mib=MAP_MIB, accepted=accepted, closed=closed,
                               grew_to_mib=round(grown / (1 << 20), 1), resumed_s=round(resumed_s, 2)))


class PastTheReserve(unittest.TestCase):
    def test_a_map_without_any_room_ends_the_broker_and_nothing_else(self):
        """Long words on what is open, more than a reserve can be made for."""
        with FullRig("brim", keys=(), flags=("--map-size", "2")) as rig:
            rig.start()
            rig.source("some", "--count", 20).wait(60)
            incident = rig.promises()[0][3]
            said = []
            while rig.process.alive() and len(said) < 1000:
                request = f"urge-{len(said)}"
                urged = rig.cli("urge", incident, "--request", request, "--text", "急" * 5000, "--json", "--timeout", 1,
                                ok=False)
                said += [(request, urged.json)] if urged.exit == 0 else []
            status = rig.process.wait()
            rig.process = None
            with open(rig.path("log-desk"), "w", encoding="utf-8") as log:
                log.writelines(f"word 0 {told['seq']} {incident} {request}\n" for request, told in said)
            rig.logs.append(rig.path("log-desk"))
            rig.flags[rig.flags.index("--map-size") + 1] = "4"
            rig.start()
            rig.stop()
            kept = rig.assert_kept()
        self.assertTrue(figure("full map, past the reserve", status == 6 and len(said) > 50, exit=status, **kept))


class FullDisk(unittest.TestCase):
    def test_a_full_disk_takes_nothing(self):
        with SmallDisk(DISK_MIB) as rig:
            if not rig.mounted():
                self.skipTest("no user namespaces here")
            rig.start()
            accepted = rig.fill("full", 100000)
            used = rig.size_of("data.mdb")
            self.assertEqual(rig.finish(), accepted)
            rig.resize(2 * DISK_MIB)
            resumed_s = accepted_within(rig, "again")
            rig.source("more", "--in-flight", 16, "--text", 1000)
            rig.worker_of("fire", "hand", credit=16)
            rig.fill_up()
            status = rig.process.wait(60)  # past the reserve
            said = rig.process.err.last()
            rig.process = None
            rig.make_room()
            rig.start()
            again_s = accepted_within(rig, "after")
            rig.end_clients()
            rig.stop()
            kept = rig.verify()
        holds = status == 6 and resumed_s < RESUMES_S and again_s < RESUMES_S
        self.assertTrue(figure("full disk", holds, disk_mib=DISK_MIB, accepted=accepted, closed=accepted,
                               tables_mib=round(used / (1 << 20), 1), resumed_s=round(resumed_s, 2), exit_past_reserve=status,
                               **kept), said)


if __name__ == "__main__":
    tap.main()
