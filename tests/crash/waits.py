"""How long sources waited for their receipts, by their own logs; and the waits of two times held against each other.

A machine that is shared pauses for longer than any broker does. So the two times lie in one run, the run is repeated, and the
best of the rounds is held against what is promised: what is slow in itself is slow in every round. Where the machine was
others' in all of them, the figures are printed and nothing is held against them."""

import os
import threading
import time

from rig import RUNNING

LOOK_S = 0.05
OTHERS_MAX = 0.2  # processors
TICKS = os.sysconf("SC_CLK_TCK")


def receipts(rig, name):
    """(sent, answered) of a source's events, in seconds of CLOCK_MONOTONIC, as they were answered."""
    with open(rig.path(f"log-{name}"), encoding="utf-8") as log:
        lines = [line.split() for line in log.read().split("\n")[:-1]]
    return [(int(line[7]) / 1e9, int(line[1]) / 1e9) for line in lines if line[0] == "receipt"]


def waits(answers, *windows):
    """Milliseconds that those waited which were sent within one of the windows, (from, to)."""
    return [1e3 * (answered - sent) for sent, answered in answers if any(a <= sent < b for a, b in windows)]


def p99(values):
    return sorted(values)[min(len(values) - 1, int(len(values) * 0.99))]


def monotonic_of(wall_ms):
    return wall_ms / 1000 - time.time() + time.monotonic()


def busy_s():
    """Of all processors, of all processes: seconds at work, or taken by whoever lends them to us."""
    with open("/proc/stat", encoding="ascii") as stat:
        user, nice, system, _, _, irq, softirq, steal = map(int, stat.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / TICKS


def own_s(process):
    """The same of one process of ours that runs; those that ended are in os.times()."""
    try:
        with open(f"/proc/{process.pid}/stat", encoding="ascii", errors="replace") as stat:
            return sum(map(int, stat.read().rsplit(")", 1)[1].split()[11:13])) / TICKS
    except OSError:
        return 0.0


class Machine:
    """A thread that notes how much of the machine others take: what is measured meanwhile is theirs as much as the broker's."""

    def __init__(self):
        self.seen = []
        threading.Thread(target=self.watch, daemon=True).start()

    def watch(self):
        while True:
            ours = sum(os.times()[:4]) + sum(own_s(process) for process in list(RUNNING) if process.process.returncode is None)
            self.seen.append((time.monotonic(), busy_s() - ours))
            time.sleep(LOOK_S)

    def ours(self, window):
        """Whether it was hardly anybody else's within (from, to)."""
        seen = [look for look in self.seen if window[0] - LOOK_S <= look[0] <= window[1] + LOOK_S]
        return len(seen) > 1 and seen[-1][1] - seen[0][1] <= OTHERS_MAX * (seen[-1][0] - seen[0][0]) + LOOK_S


def hold_against(machine, answers, windows, most):
    """Of pairs of windows, (meanwhile, as ever): the least ratio of the p99 of waits; whether it is within the most, or cannot
    be judged, because the machine was never ours; and what was seen, in words."""
    rounds = [(p99(waits(answers, meanwhile)), p99(waits(answers, ever)), machine.ours(meanwhile) and machine.ours(ever))
              for meanwhile, ever in windows]
    judged = [first / second for first, second, ours in rounds if ours]
    said = " ".join(f"{first:.1f}:{second:.1f}{'' if ours else '?'}" for first, second, ours in rounds)
    least = min(judged or [first / second for first, second, _ in rounds])
    return round(least, 2), least <= most or not judged, said if judged else said + " (not judged: others have the machine)"
