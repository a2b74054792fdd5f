#!/usr/bin/env python3
"""A department whose people break off: sometimes the handler fails, sometimes it is killed, both before it responded, so
that the task goes back and is offered again. When follows from the incident's id and the offer's epoch: the same offer
ends the same way, the next one may go well.

BIHUAN_PACE: seconds a step takes (1)."""

import os
import signal
import sys
import time
import zlib

PACE_S = float(os.environ.get("BIHUAN_PACE", "1"))
KILLED, FAILS = 0, 1  # of six


def step():
    """Stands for a person at work: the wait is the work itself."""
    time.sleep(PACE_S)


def say(*words):
    print(*words, flush=True)


def fate():
    offer = os.environ["BIHUAN_INCIDENT"] + "/" + os.environ["BIHUAN_EPOCH"]
    return zlib.crc32(offer.encode()) % 6


def main():
    sys.stdin.read()
    step()
    if os.environ["BIHUAN_RESUME"] != "1":
        if fate() == KILLED:
            os.kill(os.getpid(), signal.SIGKILL)
        if fate() == FAILS:
            sys.exit("车辆故障")
        say("respond")
    step()
    say("arrive")
    step()
    say("feedback", "resolved", "已处理")


if __name__ == "__main__":
    main()
