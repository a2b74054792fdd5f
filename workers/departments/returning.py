#!/usr/bin/env python3
"""A department that sends back what is not its own: about one task in three is returned with a reason, the others are
handled. Which ones follows from the incident's id.

BIHUAN_PACE: seconds a step takes (1)."""

import json
import os
import sys
import time
import zlib

PACE_S = float(os.environ.get("BIHUAN_PACE", "1"))
RETURNED_IN = 3
PERSON = "staff-17"


def step():
    """Stands for a person at work: the wait is the work itself."""
    time.sleep(PACE_S)


def say(word, **more):
    print(json.dumps({"say": word, "person": PERSON, **more}, ensure_ascii=False), flush=True)


def main():
    task = json.load(sys.stdin)
    incident = os.environ["BIHUAN_INCIDENT"]
    step()
    if os.environ["BIHUAN_RESUME"] != "1":
        say("respond")
    step()
    if zlib.crc32(incident.encode()) % RETURNED_IN == 0:
        say("return", reason="not_ours", text="不属于本单位职责")
        return
    say("arrive")
    say("handle")
    step()
    say("feedback", outcome="resolved", text=f"{os.environ['BIHUAN_AREA'] or '现场'}已处理（{len(task)} 项信息）")


if __name__ == "__main__":
    main()
