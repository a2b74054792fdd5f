"""The demo: a broker, departments that behave like people, sources of every kind, a command centre, and time that runs
faster than life. See ops/demo."""

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)
import centre  # noqa: E402
import sources  # noqa: E402
import summary  # noqa: E402

SPEED = 60                   # a minute of the city's is a second here
SECONDS, EVENTS, SEED = 40, 300, 20260930
DRAIN_S = 45                 # after the last event; what is then still open is shown as such
STREET = "620802001"         # 东关街道, where all of it happens

LEASE_S = 4                  # a worker this long silent loses its tasks
PACE_S = 0.2                 # a step of a person's work takes so long

# How people behave: the handler that stands for them.
MANNERS = {name: os.path.join(ROOT, "workers/departments", file)
           for name, file in (("prompt", "prompt.sh"), ("slow", "slow.sh"), ("returning", "returning.py"),
                              ("failing", "dying.py"))}
MANNERS["vanishing"] = os.path.join(HERE, "vanishing.sh")

# unit, manner of its people, how many of them
DEPARTMENTS = (
    ("huanwei", "prompt", 2), ("shizheng", "prompt", 2), ("shuiwu", "failing", 1), ("shichang", "prompt", 1),
    ("jiaotong", "returning", 1), ("ranqi", "vanishing", 2), ("yingji", "prompt", 1), ("zongzhi", "prompt", 1),
    (f"zf-{STREET}", "slow", 5), (f"jd-{STREET}", "prompt", 1), (f"sq-{STREET}001", "prompt", 1),
    (f"sq-{STREET}002", "slow", 2),
)  # nobody works for chengguan: it is phoned


def binary(name):
    return os.path.join(ROOT, os.environ.get("BIHUAN_BUILD", "build"), name)


def free_port(count):
    """The first of so many free ports on loopback."""
    for first in range(6201, 60000, count):
        held = []
        try:
            for port in range(first, first + count):
                held.append(socket.socket())
                held[-1].bind(("127.0.0.1", port))
            return first
        except OSError:
            continue
        finally:
            for each in held:
                each.close()
    raise SystemExit("no free ports")


class Demo:
    def __init__(self, options):
        self.options = options
        self.folder = tempfile.mkdtemp(prefix="bihuan-demo-")
        self.city, self.keys, self.logs, self.ipc = (os.path.join(self.folder, name)
                                                     for name in ("city", "keys", "logs", "ipc"))
        self.port = free_port(5)
        self.children, self.workers, self.publishers, self.followers = [], {}, {}, []
        self.deaths = 0
        self.began = time.monotonic()
        self.stopping = threading.Event()

    # --- processes: every one is known by its pid, and ended at the end ---

    def start(self, command, principal=None, log="errors", **more):
        with open(os.path.join(self.logs, log), "ab") as errors:
            child = subprocess.Popen(command, env=self.environment(principal), stderr=errors, start_new_session=True,
                                     **more)
        self.children.append(child)
        return child

    def environment(self, principal):
        env = {name: value for name, value in os.environ.items() if not name.startswith("BIHUAN_")}
        env["BIHUAN_PACE"] = str(PACE_S)
        if principal:
            env.update(BIHUAN_BROKER=f"tcp://127.0.0.1:{self.port}", BIHUAN_SERVER_KEY=os.path.join(self.keys, "broker.pub"),
                       BIHUAN_KEY_FILE=os.path.join(self.keys, principal + ".key"))
        return env

    def close(self):
        self.stopping.set()
        for child in self.children:
            try:
                os.killpg(child.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            child.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- the cast ---

    def prepare(self):
        """A copy of the city with a key for everybody, the broker's beside."""
        shutil.copytree(os.path.join(ROOT, "ops/cities/kongtong"), self.city)
        public = os.path.join(self.city, "keys")
        for folder in (self.keys, self.logs, self.ipc, public):
            os.makedirs(folder, mode=0o700, exist_ok=True)
        with open(os.path.join(self.city, "city.yaml"), "r+", encoding="utf-8") as file:
            text = file.read().replace("lease: 15s", f"lease: {LEASE_S * SPEED}s")
            file.seek(0)
            file.write(text)
            file.truncate()
        names = ["broker", *sources.SOURCES, *(f"dept-{unit}" for unit, _, _ in DEPARTMENTS), "dispatcher-wang",
                 "chief-li", "verifier-zhao", "auditor"]
        for name in names:
            subprocess.run([binary("bihuan"), "keys", "make", name, "--folder", self.keys], check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            shutil.copy(os.path.join(self.keys, name + ".pub"), public)

    def start_broker(self):
        log = os.path.join(self.logs, "broker")
        self.broker = self.start([binary("bihuand"), "--config", self.city, "--store", os.path.join(self.folder, "store"),
                                  "--ipc", self.ipc, "--tcp", f"127.0.0.1:{self.port}", "--key-file",
                                  os.path.join(self.keys, "broker.key"), "--http", f"127.0.0.1:{self.port + 4}",
                                  "--exercise", "--speed", str(SPEED)], log="broker")
        while True:
            with open(log, encoding="utf-8", errors="replace") as file:
                text = file.read()
            if " ready " in text:
                return
            if self.broker.poll() is not None:
                raise SystemExit(f"the broker did not start:\n{text}")
            time.sleep(0.02)

    def start_worker(self, unit, manner, number):
        name = f"{manner}-{number}"
        self.workers[unit, manner, number] = self.start(
            [binary("bihuan-worker"), "--department", unit, "--name", name, "--log",
             os.path.join(self.logs, f"worker-{unit}-{name}"), "--", MANNERS[manner]],
            f"dept-{unit}", log=f"{unit}-{name}", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def replace_the_dead(self):
        """Somebody else, under another name, sits down at the terminal of a worker that died."""
        for (unit, manner, number), child in list(self.workers.items()):
            if child.poll() is not None:
                del self.workers[unit, manner, number]
                self.deaths += 1
                self.start_worker(unit, manner, number + 100)

    def report(self, source, event):
        """Through the source's own `bihuan publish`, which waits for each receipt before it reads on."""
        if source not in self.publishers:
            self.publishers[source] = self.start(
                [binary("bihuan"), "publish", "--quiet", "--in-flight", "1", "--log",
                 os.path.join(self.logs, f"source-{source}")], source, log=f"{source}-errors", stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL)
        line = json.dumps(event, ensure_ascii=False) + "\n"
        self.publishers[source].stdin.write(line.encode())
        self.publishers[source].stdin.flush()

    def bihuan(self, principal, *args):
        """The CLI's lines of JSON; None when refused."""
        done = subprocess.run([binary("bihuan"), *args, *(() if "--json" in args else ("--json",))],
                              env=self.environment(principal), capture_output=True, encoding="utf-8", check=False)
        with open(os.path.join(self.logs, "centre"), "a", encoding="utf-8") as log:
            log.write(json.dumps({"who": principal, "verb": args[0], "args": args[1:], "code": done.returncode,
                                  "error": done.stderr}, ensure_ascii=False) + "\n")
        return None if done.returncode else [json.loads(line) for line in done.stdout.splitlines() if line]

    def follow_notices(self, source, *how):
        """A source that is told what becomes of its reports writes it down, and acknowledges it."""
        with open(os.path.join(self.logs, f"notices-{source}"), "ab") as log:
            return self.start([binary("bihuan"), "notices", "--ack", "--json", *how], source, log=f"{source}-errors",
                              stdin=subprocess.DEVNULL, stdout=log)

    # --- the play ---

    def play(self):
        """Events on their timetable; repeated for ever with --keep."""
        began, run = time.monotonic(), 0
        while not self.stopping.is_set():
            for second, source, event in sources.timetable(SEED + run, EVENTS, SECONDS):
                if self.stopping.wait(max(0, began + run * SECONDS + second - time.monotonic())):
                    return
                self.report(source, dict(event, id=f"{run}-{event['id']}"))
            run += 1
            if not self.options.keep:
                break
        for publisher in self.publishers.values():
            publisher.stdin.close()
        for publisher in self.publishers.values():
            publisher.wait()

    def progress(self, live):
        overview, = self.bihuan("chief-li", "overview", "--json")
        counts = overview["overview"]
        print(f"{time.monotonic() - self.began:5.0f} s  accepted {counts['accepted']:4}  closed {counts['closed']:4}  "
              f"live {live:3}  unrouted {counts['unrouted']:2}  verifying {counts['verifying']:2}  "
              f"returned {counts['returned']:2}  overdue {counts['overdue']:3}  workers died {self.deaths}", flush=True)

    def watch(self):
        """The live screen, when there is a terminal for it."""
        if not (sys.stdout.isatty() and sys.stdin.isatty()) or self.options.plain:
            return None
        return subprocess.Popen([binary("bihuan"), "watch"], env=self.environment("chief-li"))

    def run(self):
        self.prepare()
        self.start_broker()
        print(f"A broker for 崆峒区 at tcp://127.0.0.1:{self.port}; its time runs {SPEED} times as fast. "
              f"Keys and logs: {self.folder}")
        for unit, manner, people in DEPARTMENTS:
            for number in range(people):
                self.start_worker(unit, manner, number)
        self.followers = [self.follow_notices(source, "--follow") for source in sources.TOLD]
        director = centre.Centre(self.bihuan, SPEED, {unit for unit, _, _ in DEPARTMENTS})
        sources_at_work = threading.Thread(target=self.play, daemon=True)
        sources_at_work.start()
        screen = self.watch()
        try:
            self.rounds(director, sources_at_work, screen)
        finally:
            if screen and screen.poll() is None:
                screen.terminate()
                screen.wait()
        return self.finish()

    def rounds(self, director, sources_at_work, screen):
        shown, drained_at = 0, None
        while True:
            began = time.monotonic()
            self.replace_the_dead()
            live = director.round()
            if (screen is None or screen.poll() is not None) and began - shown >= 4:
                self.progress(live)
                shown = began
            if screen and screen.poll() is not None and self.options.keep:
                return  # the watcher has seen enough
            if not sources_at_work.is_alive():
                drained_at = drained_at or began
                if live == 0 or began - drained_at > DRAIN_S:
                    return
            if self.broker.poll() is not None:
                raise SystemExit("the broker died; its log: " + os.path.join(self.logs, "broker"))
            time.sleep(max(0, 1 - (time.monotonic() - began)))

    def finish(self):
        """Workers drain, then everything is added up."""
        self.stopping.set()
        for child in self.workers.values():
            child.terminate()
        for child in self.workers.values():
            child.wait()
        for child in self.followers:
            child.terminate()
            child.wait()
        for source in sources.TOLD:
            self.follow_notices(source).wait()
        overview, = self.bihuan("chief-li", "overview", "--json")
        records = self.bihuan("auditor", "tail", "--from", "0", "--json")
        print(f"\nSummary, after {time.monotonic() - self.began:.0f} s\n")
        agrees = summary.report(records, self.logs, overview["overview"])
        self.broker.terminate()
        if self.broker.wait() != 0:
            print("the broker did not stop cleanly")
            agrees = False
        return 0 if agrees else 1


ENDS = (signal.SIGTERM, signal.SIGHUP)  # also when the terminal is closed nothing is left running


def leave(number, _):
    for end in ENDS:  # once is enough
        signal.signal(end, signal.SIG_IGN)
    sys.exit(128 + number)


def main():
    parser = argparse.ArgumentParser(prog="ops/demo", description="Runs the main job for about a minute, faster than life.")
    parser.add_argument("--keep", action="store_true", help="do not end by itself: new events all the time, until it is "
                        "interrupted (Ctrl-C) or the screen is left (q); then the summary")
    parser.add_argument("--plain", action="store_true", help="progress lines, also on a terminal")
    parser.add_argument("--leave", metavar="FOLDER", help="keep the trail, the logs and the store in this folder")
    demo = Demo(parser.parse_args())
    for end in ENDS:
        signal.signal(end, leave)
    try:
        return demo.run()
    except KeyboardInterrupt:
        return demo.finish() if demo.options.keep else 130
    finally:
        if demo.options.leave:
            shutil.copytree(demo.folder, demo.options.leave, dirs_exist_ok=True, ignore=shutil.ignore_patterns("keys", "ipc"))
        demo.close()


if __name__ == "__main__":
    sys.exit(main())
