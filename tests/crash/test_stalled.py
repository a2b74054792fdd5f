"""Workers that are not what they seem: stopped for longer than their lease and then going on, killed by what they are given,
deaf. Their stale words are not accepted, no task is lost, and none is dropped without a word."""

import os
import signal
import stat
import time
import unittest

from rig import PATIENCE_S, Rig, choose, figure, tap
from protocol import Worker, encode, make

TASKS = choose(400, 10_000)
ZOMBIES = 3
STOPS = choose(3, 20)
LEASE_S = 2  # of the city
POISONS = choose(4, 40)
GOOD = choose(100, 2000)
DEAF = choose(300, 4000)
HEARTBEATS = choose(12, 100)
AGAIN_MAX = 256 + 64  # limits.h, and what else is said


def by_task(lines):
    """Words that were accepted, by task, in the order of the trail: (sequence, epoch, verb, who said it)."""
    words = {}
    for line in lines:
        if line[0] == "word":
            words.setdefault((line[3], line[5]), []).append((int(line[2]), int(line[6]), line[7], line[-1]))
    return {task: sorted(said) for task, said in words.items()}


def stale(said):
    """Of one task: words after one of a later epoch, of two workers in one epoch, after the last."""
    holders = {}
    wrong = sum(later[1] < earlier[1] for earlier, later in zip(said, said[1:]))
    wrong += sum(holders.setdefault(epoch, who) != who for _, epoch, _, who in said)
    return wrong + max(0, sum(verb == "feedback" for _, _, verb, _ in said) - 1)


class Crew(Rig):
    def words(self):
        """The workers' logs, each line with its log's name at the end."""
        lines = []
        for path in self.logs:
            with open(path, encoding="utf-8") as log:
                lines += [line.split() + [path] for line in log.read().split("\n")[:-1]]
        return lines

    def until(self, holds):
        ends = time.monotonic() + PATIENCE_S
        while not (done := holds()) and time.monotonic() < ends:
            time.sleep(0.1)
        return done

    def closed(self):
        return self.cli("overview", "--json").json["overview"].get("closed", 0)

    def report(self, name, count, type="1.01"):
        assert self.source(name, "--count", count, "--in-flight", 64, type=type).wait(PATIENCE_S) == 0
        self.clients.pop()


class Stalled(unittest.TestCase):
    def test_words_after_the_lease_are_not_accepted(self):
        with Crew("zombie", keys=()) as rig:
            rig.start()
            zombies = [rig.worker_of("fire", f"zombie-{n}", "--gap-us", 200_000, credit=16) for n in range(ZOMBIES)]
            rig.worker_of("fire", "steady", "--gap-us", 20_000, credit=16)
            source = rig.source("reports", "--count", TASKS, "--gap-us", choose(20_000, 4_000))
            for _ in range(STOPS):
                time.sleep(0.5)
                for zombie in zombies:
                    zombie.process.send_signal(signal.SIGSTOP)
                time.sleep(2 * LEASE_S)  # as long as it takes: their silence is what is tested
                for zombie in zombies:
                    zombie.process.send_signal(signal.SIGCONT)
            assert source.wait(PATIENCE_S) == 0
            rig.clients.remove(source)
            rig.until(lambda: rig.closed() == TASKS)
            closed = rig.closed()
            rig.end_clients()
            lines = rig.words()
            rig.stop()
            kept = rig.assert_kept()
        said = by_task(lines)
        accepted = sum(map(stale, said.values()))
        refused = sum(line[0] == "refused" for line in lines)
        holds = accepted == 0 and closed == TASKS and refused > 0
        self.assertTrue(figure("stalled", holds, tasks=TASKS, stops=STOPS * ZOMBIES, stale_words_refused=refused,
                               stale_accepted=accepted, not_closed=TASKS - closed, **kept))


class Poison(unittest.TestCase):
    def handler(self, rig):
        """Feeds back, but takes its worker with it when the report is of the poisonous type."""
        path = rig.path("handler")
        with open(path, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\n"
                       "if grep -q '\"type\": *\"8\"'; then kill -9 $PPID; exit 1; fi\n"
                       "echo respond; echo 'feedback resolved'\n")
        os.chmod(path, stat.S_IRWXU)
        return path

    def hire(self, rig, handler, name):
        # One at a time: what a worker was given beside the poison, and had not responded to, is lost as often as that.
        return rig.worker("police", handler, name=name, flags=("--credit", "1"))

    def test_what_kills_its_workers_is_shelved(self):
        """The worker is started anew at once by its old name, as a supervisor does."""
        with Crew("poison", keys=()) as rig:
            rig.edit("routes.yaml", "{type: 1, to: fire}", "{type: 1, to: police}")
            rig.start()
            rig.report("good", GOOD)
            rig.report("poison", POISONS, type="8")
            handler, deaths = self.handler(rig), 0
            workers = {f"hand-{n}": self.hire(rig, handler, f"hand-{n}") for n in range(2)}
            ends = time.monotonic() + PATIENCE_S

            def overview():
                return rig.cli("overview", "--json").json["overview"]
            while time.monotonic() < ends:
                for name, worker in workers.items():
                    if not worker.alive():
                        deaths += 1
                        workers[name] = self.hire(rig, handler, name)
                seen = overview()
                if seen.get("closed", 0) == GOOD and seen.get("shelved", 0) == POISONS:
                    break
                time.sleep(0.1)
            seen = overview()
            for worker in workers.values():
                worker.kill()
            rig.stop()
            rig.assert_kept()
        shelved, closed = seen.get("shelved", 0), seen.get("closed", 0)
        self.assertTrue(figure("poison", shelved == POISONS and closed == GOOD, poisons=POISONS, shelved=shelved, good=GOOD,
                               closed=closed, worker_deaths=deaths, lost=GOOD + POISONS - shelved - closed))


class Deaf(unittest.TestCase):
    def test_what_is_sent_to_one_that_never_reads_goes_to_another(self):
        """It has all the credit there is, is alive, and says that it holds nothing."""
        with Crew("deaf", keys=(), http=True) as rig:
            rig.start()
            deaf = Worker(rig, "fire", "deaf", credit=4096)
            rig.report("reports", DEAF)
            rig.until(lambda: rig.metric('unit{unit="fire",what="unsigned"}') == DEAF)
            sent = rig.metric("messages_sent_total")
            for _ in range(HEARTBEATS):
                deaf.send(encode(make("Heartbeat", holding=0), tag=0))
                time.sleep(LEASE_S / 4)
            again = rig.metric("messages_sent_total") - sent
            deaf.socket.close()
            rig.worker_of("fire", "steady", credit=64)
            rig.until(lambda: rig.closed() == DEAF)
            closed, dropped = rig.closed(), rig.metric("outbox_dropped_total")
            rig.end_clients()
            rig.stop()
            kept = rig.assert_kept()
        holds = closed == DEAF and again <= AGAIN_MAX * HEARTBEATS
        self.assertTrue(figure("deaf worker", holds, tasks=DEAF, sent_again=int(again), dropped_and_counted=int(dropped),
                               silent_drops=DEAF - closed, **kept))


if __name__ == "__main__":
    tap.main()
