#!/usr/bin/env python3
"""Works for a unit: takes tasks, responds, arrives, and reports each as resolved; a start for a department's own worker.

    bihuan_worker.py --department 620802001.cg --name desk-2

One line of JSON on stdout for each delivery, revocation and acknowledged word. SIGTERM drains: what is responded is
finished, then it leaves."""

import argparse
import json
import os
import signal
import socket
import sys
import time
import uuid

from bihuan_client import Client, Refused, add_options, enum, incident_text, name_of, table, text, value

STEPS = ("respond", "arrive", "feedback")


def show(**line):
    print(json.dumps(line, ensure_ascii=False), flush=True)


class Task:
    """One task in our hands: what is still to be said of it, one word after the other."""

    def __init__(self, delivery):
        self.delivery = delivery
        self.key = delivery.incident, delivery.task.no
        self.epoch = delivery.task.epoch
        done = {"responded": 1, "handling": 2}.get(name_of("TaskState", delivery.task.state), 0)
        self.left = list(STEPS[done:])

    @property
    def name(self):
        return {"incident": incident_text(self.key[0]), "task": self.key[1], "epoch": self.epoch}


class Worker:
    """The loop of PROTOCOL.md, section 17."""

    def __init__(self, client, options):
        self.client, self.options = client, options
        self.tasks = {}    # (incident, task) → Task
        self.waiting = {}  # tag → (Task, verb)
        self.welcomes = 0
        self.granted = 0   # tasks the broker may still send
        self.done = 0
        self.draining = False
        self.stopping = False  # a signal came

    def word(self, task):
        """Says the next word of a task."""
        verb = task.left[0]
        word = table("Word", request=str(uuid.uuid4()), verb=value("WordVerb", verb), incident=task.key[0],
                     task=task.key[1], epoch=task.epoch, person=self.options.person, unitMs=int(time.time() * 1000))
        if verb == "feedback":
            word.outcome, word.text = enum("Outcome")[self.options.outcome], "已处理"
            word.conditionMet = self.options.condition_met
        self.waiting[self.client.send(word)] = task, verb

    def grant(self):
        """Credit is 0 after every welcome; then as much as there is room for, and never more than is left to do."""
        if self.client.welcomes != self.welcomes:
            self.welcomes, self.granted = self.client.welcomes, 0
            if self.draining:
                self.client.send(table("Bye", drain=True))
        most = min(self.options.credit, self.options.once - self.done) if self.options.once else self.options.credit
        room = most - len(self.tasks) - self.granted
        if self.welcomes and not self.draining and room > 0:
            self.client.send(table("Credit", n=room))
            self.granted += room

    def end(self, task):
        if self.tasks.get(task.key) is task:
            del self.tasks[task.key]

    def take_delivery(self, delivery):
        known = self.tasks.get((delivery.incident, delivery.task.no))
        if known and known.epoch >= delivery.task.epoch:
            return  # it came twice
        self.granted = max(0, self.granted - 1)
        task = self.tasks[delivery.incident, delivery.task.no] = Task(delivery)
        show(delivery=task.name, type=text(delivery.head.type), resume=bool(delivery.resume),
             text=text(delivery.event.text) if delivery.event else "")
        self.word(task)

    def take_revoke(self, revoke):
        task = self.tasks.get((revoke.incident, revoke.task))
        if task and task.epoch <= revoke.epoch:
            show(revoked=task.name, reason=text(revoke.reason))
            self.end(task)

    def take_receipt(self, receipt, tag):
        task, verb = self.waiting.pop(tag)
        show(word=task.name, say=verb, seq=receipt.seq, repeat=bool(receipt.repeat))
        if self.tasks.get(task.key) is not task:
            return
        task.left.pop(0)
        if task.left:
            self.word(task)
        else:
            self.done += 1
            self.end(task)

    def take_refusal(self, refusal, tag):
        refused = Refused(refusal)
        task, verb = self.waiting.pop(tag, (None, None))
        show(refused=task.name if task else None, say=verb, code=refused.code, reason=refused.reason)
        if task:
            self.end(task)

    def stop(self, *_):
        self.stopping = True

    def drain(self):
        if not self.draining:
            self.draining = True
            self.client.send(table("Bye", drain=True))

    def run(self):
        takers = {"Delivery": lambda body, tag: self.take_delivery(body), "Revoke": lambda body, tag: self.take_revoke(body),
                  "Receipt": self.take_receipt, "Refusal": self.take_refusal}
        while not (self.draining and not self.tasks):
            self.grant()
            self.client.holding = len(self.tasks)
            message = self.client.receive(0.2)
            self.grant()
            if message and message[0] in takers:
                takers[message[0]](message[1], message[2])
            if self.stopping or 0 < self.options.once <= self.done:
                self.drain()


def main():
    parser = argparse.ArgumentParser(description="Works for a unit: responds, arrives, reports.")
    add_options(parser)
    parser.add_argument("--department", required=True, metavar="UNIT")
    parser.add_argument("--name", default=f"{socket.gethostname()}-{os.getpid()}", help="the same after a restart")
    parser.add_argument("--person", default="python", help="who is named in each word")
    parser.add_argument("--outcome", default="resolved", choices=sorted(enum("Outcome").keys() - {"absent"}))
    parser.add_argument("--condition-met", action="store_true", help="a closing condition, where there is one, holds")
    parser.add_argument("--credit", type=int, default=1, metavar="N")
    parser.add_argument("--once", type=int, default=0, metavar="N", help="leave after N tasks")
    options = parser.parse_args()
    with Client("work", options.broker, options.server_key, options.key_file, options.department, options.name) as client:
        worker = Worker(client, options)
        signal.signal(signal.SIGTERM, worker.stop)
        signal.signal(signal.SIGINT, worker.stop)
        worker.run()


if __name__ == "__main__":
    sys.exit(main())
