#!/usr/bin/env python3
"""Publishes events: JSON Lines on stdin, one line of JSON on stdout for each, with its receipt or refusal.

    echo '{"id": "p-1", "type": "1.01", "area": "620802001001", "text": "井盖缺失"}' | bihuan_publisher.py

Fields are those of `bihuan publish` (docs/CLI.md): "point": {"lat", "lon", "system"}, "observed" as RFC 3339 or in
milliseconds since 1970. Exit status 0 when all were accepted."""

import argparse
import base64
import datetime
import json
import sys

from bihuan_client import Client, Refused, add_options, incident_text, table, value

PLACE = ("area", "address", "point")
TEXTS = {"id": "id", "type": "type", "text": "text", "source_ref": "sourceRef", "recurrence_of": "recurrenceOf",
         "evidence": "evidence", "object": "object"}
PLAIN = {"severity": int, "panic": bool, "sealed": bool, "exercise": bool}
NAMES = {"nature": ("nature", "Nature"), "done": ("done", "Outcome")}


def place_of(fields):
    if not any(name in fields for name in PLACE):
        return None
    place = table("Place", area=fields.get("area"), address=fields.get("address"))
    if "point" in fields:
        point = dict(fields["point"])
        place.point = table("Point", latitude=float(point.pop("lat")), longitude=float(point.pop("lon")))
        if "system" in point:  # without it the broker says that it is missing
            place.system = value("CoordinateSystem", point.pop("system"))
        if point:
            raise ValueError(f"no such field: point.{min(point)}")
    return place


def milliseconds(when):
    """Since 1970, of RFC 3339 or of milliseconds."""
    if type(when) is int:
        return when
    moment = datetime.datetime.fromisoformat(when)
    if moment.tzinfo is None:
        raise ValueError(f"observed: {when}: a time needs its offset")
    return (moment - datetime.datetime.fromtimestamp(0, datetime.timezone.utc)) // datetime.timedelta(milliseconds=1)


def attachment_of(fields):
    attachment = table("Attachment", uri=fields["uri"], mediaType=fields.get("media_type"))
    if "sha256" in fields:
        attachment.sha256 = list(bytes.fromhex(fields["sha256"]))
    return attachment


def publish_of(fields):
    event = table("Event", place=place_of(fields))
    for name, field in fields.items():
        if name in TEXTS:
            setattr(event, TEXTS[name], str(field))
        elif name in PLAIN:
            if type(field) is not PLAIN[name]:
                raise ValueError(f"{name}: {field!r} is not of its kind")
            setattr(event, name, field)
        elif name == "observed":
            event.observedMs = milliseconds(field)
        elif name == "attachments":
            event.attachments = [attachment_of(one) for one in field]
        elif name == "reporter":
            event.reporter = list(base64.b64decode(field, validate=True))
        elif name in NAMES:
            setattr(event, NAMES[name][0], value(NAMES[name][1], field))
        elif name not in PLACE:
            raise ValueError(f"no such field: {name}")
    return table("Publish", event=event)


def show(**line):
    print(json.dumps(line, ensure_ascii=False), flush=True)


class Publisher:
    """Keeps up to in_flight events on their way."""

    def __init__(self, client, in_flight):
        self.client, self.in_flight = client, in_flight
        self.ids = {}  # tag → event id
        self.refused = 0

    def refuse(self, event_id, code, reason, field=""):
        self.refused += 1
        show(id=event_id, refusal=code, field=field, reason=reason)

    def publish(self, line):
        try:
            fields = json.loads(line)
            body = publish_of(fields)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self.refuse(None, "bad_line", str(error))
            return
        while len(self.ids) >= self.in_flight:
            self.answer()
        self.ids[self.client.send(body)] = fields.get("id")

    def answer(self):
        """Waits for one answer."""
        kind, body, tag = self.client.receive()
        if kind == "Receipt" and tag in self.ids:
            show(id=self.ids.pop(tag), incident=incident_text(body.incident), seq=body.seq, repeat=bool(body.repeat))
        elif kind == "Refusal":
            refusal = Refused(body)
            for refused in [tag] if tag else list(self.ids):  # tag 0: it is about the connection
                self.client.unanswered.pop(refused, None)
                self.refuse(self.ids.pop(refused, None), refusal.code, refusal.reason, refusal.field)


def main():
    parser = argparse.ArgumentParser(description="Publishes events: JSON Lines on stdin.")
    add_options(parser)
    parser.add_argument("--in-flight", type=int, default=64, metavar="N", help="events on their way at once (64)")
    options = parser.parse_args()
    with Client("publish", options.broker, options.server_key, options.key_file) as client:
        publisher = Publisher(client, options.in_flight)
        for line in sys.stdin:
            if line.strip():
                publisher.publish(line)
        while publisher.ids:
            publisher.answer()
    return 1 if publisher.refused else 0


if __name__ == "__main__":
    sys.exit(main())
