"""What comes in from a network that means no good: scans, telnet, half handshakes, frames of 2 GiB, connections beyond the
descriptors, reconnecting without end. Nothing aborts, no thread spins, service is back within seconds, and memory does not grow.

The oracle is a source with a log of its own, the process's own figures in /proc, and whether it is still the same process."""

import contextlib
import os
import random
import socket
import struct
import subprocess
import time
import unittest

from rig import AREA, LIMIT_S, SEED, Process, Rig, anonymous_mib, binary, choose, figure, metrics, tap
import protocol as p

ROUNDS = choose(2, 20)
ABUSES = choose(40, 400)  # connections of each kind in a round
RECONNECTS = choose(3000, 100000)
HANDSHAKES = choose(200, 5000)  # of them with a key, to the end
BACK_S = 5
GROWTH = 1.10  # or a MiB: of a broker that has done nothing yet a tenth is little
FEW_FILES = 64
CROWD = 154
WATCHED_S = choose(2, 5)
SPINNING = 0.1  # of a processor: who spins has what others leave
RST = struct.pack("ii", 1, 0)
CURVE_GREETING = b"\xff" + b"\0" * 8 + b"\x7f\x03\x01" + b"CURVE".ljust(20, b"\0") + b"\0" * 32
NULL_GREETING = CURVE_GREETING.replace(b"CURVE", b"NULL\0")
READY = b"\x04\x29\x05READY\x0bSocket-Type\x00\x00\x00\x06DEALER\x08Identity\x00\x00\x00\x00"
TWO_GIB = b"\x02" + struct.pack(">Q", 2 << 30)
CLIENT_HELLO = bytes.fromhex("16030100c8010000c40303") + bytes(range(189))

dice = random.Random(SEED)


def connect(rig, offset=None):
    """From one of many addresses: the ports of one run out."""
    abuser = socket.socket()
    abuser.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
    abuser.settimeout(LIMIT_S)
    abuser.bind((f"127.{dice.randrange(1, 250)}.{dice.randrange(250)}.{dice.randrange(1, 250)}", 0))
    abuser.connect(("127.0.0.1", rig.port + (dice.randrange(4) if offset is None else offset)))
    return abuser


def scan(rig):
    connect(rig).close()


def say(*parts):
    """Connects, says these, one after the other, and waits for what comes or for the end."""
    def abuse(rig):
        with connect(rig) as abuser, contextlib.suppress(OSError):
            for part in parts:
                abuser.sendall(part() if callable(part) else part)
            abuser.settimeout(0.02)
            abuser.recv(4096)
    return abuse


def half(rig):
    """Part of a greeting, left open."""
    abuser = connect(rig)
    abuser.sendall(CURVE_GREETING[:dice.randrange(1, 64)])
    rig.held.append(abuser)


def hello_command():
    return b"\x04\xc8\x05HELLO\x01\0" + bytes(72) + dice.randbytes(120)


ABUSE = {
    "port scan": scan,
    "telnet": say(b"help\r\n", b"\xff\xfb\x01quit\r\n"),
    "http": say(b"GET / HTTP/1.1\r\nHost: broker\r\n\r\n"),
    "tls": say(CLIENT_HELLO),
    "noise": say(lambda: dice.randbytes(dice.randrange(1, 5000))),
    "old zmtp": say(b"\xff\0\0\0\0\0\0\0\x01\x7f", b"\x01\x05\0\0"),
    "no curve": say(NULL_GREETING, READY, b"\0\x01x"),
    "half handshake": half,
    "bad hello": say(CURVE_GREETING, hello_command),
    "2 GiB command": say(CURVE_GREETING, b"\x06" + TWO_GIB[1:], b"x" * 65536),
    "2 GiB frame": say(CURVE_GREETING, TWO_GIB, b"x" * 65536),
}


def shout_over_ipc(rig):
    """Where anybody of this machine who may open the file gets as far as frames: 2 GiB announced, and as much sent as it takes."""
    with socket.socket(socket.AF_UNIX) as abuser, contextlib.suppress(OSError):
        abuser.settimeout(LIMIT_S)
        abuser.connect(f"{rig.ipc}/publish")
        abuser.sendall(NULL_GREETING + READY)
        abuser.sendall(TWO_GIB)
        while True:
            abuser.sendall(b"x" * 65536)


def seconds_of_threads(pid):
    """Thread → processor seconds so far."""
    spent = {}
    for thread in os.listdir(f"/proc/{pid}/task"):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{thread}/stat", encoding="ascii") as stat:
            fields = stat.read().rpartition(")")[2].split()
            spent[thread] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return spent


def busiest(rig):
    """The largest share of a processor that one thread takes, while little is asked for."""
    pid, began = rig.pid(), time.monotonic()
    before = seconds_of_threads(pid)
    with contextlib.suppress(subprocess.TimeoutExpired):
        rig.process.process.wait(WATCHED_S)
    after, span_s = seconds_of_threads(pid), time.monotonic() - began
    return max(after[thread] - spent for thread, spent in before.items() if thread in after) / span_s


def grows_little(before, after):
    return after < max(GROWTH * before, before + 1)


def back_within(rig):
    """Seconds until a new connection, with its key, has a receipt."""
    began = time.monotonic()
    done = rig.cli("publish", "--id", f"back-{began}", "--type", "1.01", "--area", AREA, as_="camera")
    assert done.exit == 0, done
    return time.monotonic() - began


class WireRig(Rig):
    def __init__(self, **options):
        super().__init__("wire", tcp=True, http=True, **options)
        self.held = []

    def let_go(self):
        for abuser in self.held:
            abuser.close()
        self.held = []

    def start_with_few_files(self):
        self.process = Process(["prlimit", f"--nofile={FEW_FILES}:{FEW_FILES}", binary("bihuand"), *self.flags])
        self.process.err.until(lambda line: " ready " in f" {line} ")
        return self


class WireAbuse(unittest.TestCase):
    def test_nothing_aborts_or_spins_and_service_is_back(self):
        with WireRig() as rig:
            rig.start()
            pid, backs, shares, sizes = rig.pid(), [], [], []
            rig.source("good", "--gap-us", 20000)
            for _ in range(ROUNDS):
                for abuse in ABUSE.values():
                    for _ in range(ABUSES):
                        abuse(rig)
                for _ in range(4):
                    shout_over_ipc(rig)
                backs.append(back_within(rig))  # while half handshakes are still open
                shares.append(busiest(rig))
                rig.let_go()
                sizes.append(anonymous_mib(pid))
            told = metrics(rig)
            alive = rig.process.alive()
            rig.end_clients()
            rig.stop()
            kept = rig.assert_kept()
        holds = alive and min(backs) <= BACK_S and max(shares) < SPINNING and grows_little(sizes[0], sizes[-1])
        self.assertTrue(figure("wire: abuse", holds, kinds=len(ABUSE) + 1, connections=ROUNDS * ABUSES * len(ABUSE), aborts=int(not alive),
                               failed_handshakes=int(told["handshake_failed"]), busiest_thread=round(max(shares), 3),
                               back_s=round(min(backs), 2), mib=round(sizes[-1], 1), growth=round(sizes[-1] / sizes[0], 3), **kept))

    def test_reconnecting_without_end_leaves_nothing_behind(self):
        with WireRig() as rig:
            rig.start()
            pid, sizes = rig.pid(), []
            for tenth in range(10):
                for _ in range(RECONNECTS // 10):
                    with connect(rig) as abuser, contextlib.suppress(OSError):
                        abuser.sendall(CURVE_GREETING)
                for _ in range(HANDSHAKES // 10):
                    p.Peer(rig, "work", as_="fire", unit="fire", worker=f"w{tenth}").socket.close()
                back_s = back_within(rig)
                sizes.append(anonymous_mib(pid))
            share, alive = busiest(rig), rig.process.alive()
            open_now = metrics(rig)["connections"]
            rig.stop()
        grown = sizes[-1] / sizes[1]
        holds = alive and grows_little(sizes[1], sizes[-1]) and share < SPINNING and open_now < 10
        self.assertTrue(figure("wire: reconnecting", holds, connections=RECONNECTS, with_a_key=HANDSHAKES, aborts=int(not alive),
                               busiest_thread=round(share, 3), back_s=round(back_s, 2), mib=round(sizes[-1], 1), growth=round(grown, 3),
                               still_open=int(open_now)), sizes)

    def test_without_descriptors_nothing_spins_and_whoever_is_in_is_served(self):
        with WireRig() as rig:
            rig.start_with_few_files()
            pid, shares, backs = rig.pid(), [], []
            inside = p.Peer(rig, "publish", as_="camera")
            before = metrics(rig)["turned_away"]
            for crowd in range(ROUNDS):
                for n in range(CROWD):
                    with contextlib.suppress(OSError):
                        rig.held.append(connect(rig, n % 4))
                answer = inside.ask(p.publish(id=f"inside-{crowd}", type="1.01", area=AREA), tag=100 + crowd)
                assert answer.kind == "Receipt", answer.kind
                shares.append(busiest(rig))
                rig.let_go()
                backs.append(back_within(rig))
            told = metrics(rig)
            alive = rig.process.alive()
            inside.socket.close()
            rig.stop()
        turned_away = told["turned_away"] - before
        holds = alive and max(shares) < SPINNING and min(backs) <= BACK_S and turned_away > 0
        self.assertTrue(figure("wire: few descriptors", holds, descriptors=FEW_FILES, connections=ROUNDS * CROWD, aborts=int(not alive),
                               turned_away=int(turned_away), busiest_thread=round(max(shares), 3), back_s=round(min(backs), 2)), shares)


if __name__ == "__main__":
    tap.main()
