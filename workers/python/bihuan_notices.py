#!/usr/bin/env python3
"""Takes a source's notices: one line of JSON on stdout for each step of what it reported, and acknowledges what it has
written out. Run again after a crash: what was not acknowledged comes again, nothing else does.

    bihuan_notices.py --broker ipc:///run/bihuan            # what there is, then ends
    bihuan_notices.py --follow | your-sms-gateway"""

import argparse
import json
import sys

from bihuan_client import Client, Refused, add_options, incident_text, name_of, table, text

CREDIT = 64


def line_of(notice):
    line = {"seq": notice.seq, "incident": incident_text(notice.incident), "step": name_of("NoticeStep", notice.step)}
    if notice.outcome:
        line["outcome"] = name_of("Outcome", notice.outcome)
    if notice.into:
        line["into"] = incident_text(notice.into)
    for field in ("unit", "reason", "text"):
        if getattr(notice, field):
            line[field] = text(getattr(notice, field))
    line["events"] = [text(event) for event in notice.events or []]
    return line


class Notices:
    def __init__(self, client):
        self.client = client
        self.welcomes = 0   # a new session has no credit (section 6)
        self.seq = 0        # of the last one written out: what comes again is older
        self.asked = None   # (tag, seq) of the acknowledgement on its way
        self.acknowledged = 0

    def give_credit(self, n):
        self.client.send(table("Credit", n=n))

    def acknowledge(self):
        if self.asked is None and self.seq > self.acknowledged:
            self.asked = self.client.send(table("Acknowledge", seq=self.seq)), self.seq

    def take(self, notice):
        """False: there are no more for now."""
        if not notice.incident:
            return False
        self.give_credit(1)
        if notice.seq > self.seq:
            print(json.dumps(line_of(notice), ensure_ascii=False), flush=True)
            self.seq = notice.seq
        return True

    def run(self, follow):
        more = True
        while follow or more or self.asked or self.acknowledged < self.seq:
            message = self.client.receive(0.2)
            if self.client.welcomes > self.welcomes:
                self.welcomes = self.client.welcomes
                self.give_credit(CREDIT)
            if message is None:
                self.acknowledge()
            elif message[0] == "Notice":
                more = self.take(message[1])
                if not more:
                    self.acknowledge()
            elif message[0] == "Receipt" and self.asked and message[2] == self.asked[0]:
                self.acknowledged, self.asked = self.asked[1], None
            elif message[0] == "Refusal":
                raise Refused(message[1])


def main():
    parser = argparse.ArgumentParser(description="Takes a source's notices and acknowledges them.")
    add_options(parser)
    parser.add_argument("--follow", action="store_true", help="go on as steps are made")
    options = parser.parse_args()
    with Client("publish", options.broker, options.server_key, options.key_file) as client:
        try:
            Notices(client).run(options.follow)
        except Refused as refusal:
            print(refusal, file=sys.stderr)
            return 1
        except (KeyboardInterrupt, BrokenPipeError):
            pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
