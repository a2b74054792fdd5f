"""The command line as people and scripts use it: exit codes, JSON, bad lines, translations, the live screen."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import socket
import stat
import struct
import subprocess
import tempfile
import termios
import time
import unittest

import tap
from broker import ROOT, Broker, Process, binary

EVENT = {"type": "2.01", "area": "620899001001", "text": "暴露垃圾"}
DONE, REFUSED, USAGE, UNKNOWN, BAD_INPUT, LOCAL = range(6)


class Cli(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.broker = Broker(tcp=True).start()

    @classmethod
    def tearDownClass(cls):
        cls.broker.__exit__(None, None, None)

    def cli(self, *args, **keywords):
        return self.broker.cli(*args, **{"ok": False, **keywords})

    def publish(self, id, **fields):
        answer, = self.broker.publish({"id": id, **EVENT, **fields})
        return answer["incident"]

    def file(self, name, text, encoding="utf-8"):
        path = os.path.join(self.broker.folder, name)
        with open(path, "w", encoding=encoding, newline="") as file:
            file.write(text)
        return path

    # --- publish ---

    def test_a_bad_line_is_named_and_the_rest_goes_on(self):
        path = self.file("mixed.jsonl", "".join((
            json.dumps({"id": "m1", **EVENT}) + "\n", '{"id":"m2","tpye":"1"}\n', "not json\n",
            json.dumps({"id": "m3", **EVENT, "type": "99"}) + "\n", json.dumps({"id": "m4", **EVENT}))))
        result = self.cli("publish", path, "--json")
        self.assertEqual(result.exit, REFUSED, result)
        self.assertEqual([line["id"] for line in result.lines if "incident" in line], ["m1", "m4"])
        for line, field in ((2, "tpye: "), (3, ""), (4, "type: unknown_type: ")):
            self.assertIn(f"{path}:{line}: {field}", result.err)
        refused = {line["line"]: line["refused"] for line in result.lines if "refused" in line}
        self.assertEqual(refused, {2: "bad_input", 3: "bad_input", 4: "unknown_type"})

    def test_bad_lines_alone_are_bad_input(self):
        result = self.cli("publish", stdin='{"id":"x"}\n')
        self.assertEqual(result.exit, BAD_INPUT, result)
        self.assertIn("stdin:1: type: ", result.err)

    def test_the_log_is_a_receipt_a_line(self):
        log = os.path.join(self.broker.folder, "receipts.jsonl")
        events = "".join(json.dumps({"id": f"log-{n}", **EVENT}) + "\n" for n in range(300))
        first = self.cli("publish", "--quiet", "--log", log, "--in-flight", 64, stdin=events)
        self.assertEqual((first.exit, first.out), (DONE, ""), first)
        with open(log, encoding="utf-8") as file:
            receipts = [json.loads(line) for line in file]
        self.assertEqual(sorted(receipt["id"] for receipt in receipts), sorted(f"log-{n}" for n in range(300)))
        self.assertEqual(len({receipt["incident"] for receipt in receipts}), 300)
        self.assertEqual(len({receipt["seq"] for receipt in receipts}), 300)
        self.assertFalse(any(receipt["repeat"] for receipt in receipts))
        again = self.cli("publish", "--json", stdin=events)
        self.assertEqual({line["id"]: line["seq"] for line in again.lines}, {r["id"]: r["seq"] for r in receipts})

    def test_a_slow_source_gets_its_receipt_at_once(self):
        process = Process([binary("bihuan"), "publish", "--json"], env=self.broker.environment(), stdin=subprocess.PIPE)
        for number in range(3):
            process.process.stdin.write(json.dumps({"id": f"slow-{number}", **EVENT}) + "\n")
            process.process.stdin.flush()
            self.assertEqual(json.loads(process.out.next())["id"], f"slow-{number}")  # stdin is still open
        process.process.stdin.close()
        self.assertEqual(process.wait(), DONE)

    def test_csv_through_a_column_map(self):
        map = self.file("map.yaml", 'time_zone: "+08:00"\ntime_format: "%Y-%m-%d %H:%M"\ncolumns:\n  id: "{编号}"\n  type: "{大}.{小}"\n'
                        '  area: "{社区}"\n  observed: "{时间}"\n  nature: {column: 性质, values: {投诉: complaint}}\n  text: "{内容}"\n')
        rows = self.file("rows.csv", "编号,大,小,社区,时间,性质,内容\r\n"
                         'c1,2,01,620899001001,2026-09-30 17:50,投诉,"两行\r\n内容, 带逗号"\r\n'
                         "c2,2,01,620899001001,not a time,投诉,x\r\n"
                         "c3,2,01,620899001001,2026-09-30 17:50,赞,x\r\n"
                         "c4,2,01,620899001001,,,y\r\n", encoding="utf-8-sig")
        result = self.cli("publish", "--csv", rows, "--map", map, "--json")
        self.assertEqual([line["id"] for line in result.lines if "incident" in line], ["c1", "c4"], result)
        self.assertEqual(result.exit, BAD_INPUT)
        self.assertIn(f"{rows}:4: observed: ", result.err)
        self.assertIn(f"{rows}:5: nature: ", result.err)
        incident = next(line["incident"] for line in result.lines if line["id"] == "c1")
        event = self.cli("show", incident, "--json").json["records"][0]["event"]
        self.assertEqual((event["text"], event["nature"], event["observed"]),
                         ("两行\r\n内容, 带逗号", "complaint", "2026-09-30T09:50:00.000Z"))

    def test_a_bad_map_is_refused_before_the_first_row(self):
        rows = self.file("one.csv", "A\nx1\n")
        for text, where in (("columns:\n  id: '{A}'\n  colour: red\n", ":3:3:"), ("columns: {id: '{A'}\n", ":1:"),
                            ("columns: {id: '{Z}', type: '2.01'}\n", '"Z"')):
            result = self.cli("publish", "--csv", rows, "--map", self.file("bad.yaml", text))
            self.assertEqual(result.exit, BAD_INPUT, result)
            self.assertIn(where, result.err)

    def test_one_event_by_options(self):
        result = self.cli("publish", "--id", "flags-1", "--type", "2.01", "--lat", "35.5", "--lon", "106.6", "--system",
                          "wgs84", "--area", "620899001001", "--severity", "3", "--nature", "complaint", "--text", "垃圾", "--json")
        self.assertEqual(result.exit, DONE, result)
        self.assertEqual(result.json["id"], "flags-1")
        self.assertEqual(self.cli("publish", "--id", "x", "--type", "1", "--lat", "1", "--lon", "1").exit, USAGE)

    # --- reading ---

    def test_status_is_the_first_receipt(self):
        receipt, = self.broker.publish({"id": "status-1", **EVENT})
        status, progress = map(json.loads, self.cli("status", "--event", "status-1", "--json").out.splitlines())
        self.assertEqual({name: status[name] for name in ("incident", "seq", "term")},
                         {name: receipt[name] for name in ("incident", "seq", "term")})
        self.assertEqual(progress["rows"][0]["incident"], receipt["incident"])
        self.assertIn(receipt["incident"], self.cli("status", receipt["incident"]).out)
        self.assertEqual(self.cli("status", "--event", "never").exit, REFUSED)
        self.assertEqual(self.cli("status", receipt["incident"][:-1] + ("0" if receipt["incident"][-1] != "0" else "1")).exit, USAGE)

    def test_lists_show_and_filter(self):
        incident = self.publish("ls-1", type="3")
        rows = self.cli("ls", "--state", "desk", "--type", "3", "--json").lines
        self.assertIn(incident, [row["incident"] for row in rows])
        self.assertEqual({row["head"]["state"] for row in rows}, {"desk"})
        table = self.cli("ls", "--state", "desk").out
        self.assertIn(incident, table)
        self.assertNotIn("\x1b", table)
        shown = self.cli("show", incident)
        for word in (incident, "desk", "opened", "暴露垃圾"):
            self.assertIn(word, shown.out)
        self.assertEqual(self.cli("ls", "--state", "gone").exit, USAGE)
        for number in range(5):
            self.publish(f"page-{number}", type="3")
        self.assertEqual(len(self.cli("ls", "--limit", "2", "--json").lines), 2)

    def test_lists_and_trails_say_what_happened(self):
        kept, gone, withdrawn = self.publish("said-1", type="2.02"), self.publish("said-2", type="2.02"), self.publish("said-3")
        self.cli("merge", gone, "--into", kept, ok=True)
        self.cli("withdraw", withdrawn, "--reason", "mistake", ok=True)
        self.cli("say", kept, "respond", "--on-behalf", "police", "--person", "李四", ok=True)
        listed = {line.split()[0]: line for line in self.cli("ls", "--limit", "0").out.splitlines()}
        self.assertIn(f"into {kept}", listed[gone])
        self.assertRegex(listed[withdrawn], r"cancelled .* withdrawn mistake ")
        self.assertRegex(self.cli("show", gone).out, rf"merged .* into {kept}")
        shown = self.cli("show", kept).out
        self.assertRegex(shown, r"opened .* 2\.02 at 620899001001 → police \(routes\.yaml:\d+\)")
        self.assertRegex(shown, r"responded .* task 1 on behalf of police\n")
        empty = self.cli("ls", "--source", "nobody")
        self.assertEqual((empty.exit, empty.out, empty.err), (DONE, "", "(none)\n"), empty)

    def test_a_long_timeline_is_whole_and_in_order(self):
        incident = self.publish("long-1", type="2.02")
        say = ("say", incident, "note", "--on-behalf", "police", "--person", "李四", "--text")
        self.cli("say", incident, "respond", "--on-behalf", "police", "--person", "李四", ok=True)
        for number in range(60):
            self.cli(*say, f"第{number}次", ok=True)
        records = self.cli("show", incident, "--json").json["records"]
        self.assertEqual([record["kind"] for record in records], ["opened", "responded", *["noted"] * 60])
        self.assertEqual([record["text"] for record in records[2:]], [f"第{number}次" for number in range(60)])

    def test_tail_goes_on_from_a_cursor(self):
        self.publish("tail-1")
        lines = self.cli("tail", "--json").lines
        half = lines[len(lines) // 2]["cursor"]
        rest = self.cli("tail", "--from", half, "--json").lines
        self.assertEqual([line["seq"] for line in rest][:len(lines) - len(lines) // 2 - 1],
                         [line["seq"] for line in lines[len(lines) // 2 + 1:]])
        self.assertEqual(len(self.cli("tail", "--limit", "1", "--json").lines), 1)
        self.assertEqual(self.cli("tail", "--from", "nonsense").exit, REFUSED)

    def test_explain_an_imagined_event(self):
        said = self.cli("explain", "--type", "2.02", "--area", "620899001001")
        self.assertIn("police", said.out)
        self.assertIn("less specific", said.out)
        self.assertEqual(self.cli("explain").exit, USAGE)
        incident = self.publish("explain-1", type="2.02")
        said = self.cli("explain", incident).out
        self.assertIn("verification: by the centre", said)
        self.assertRegex(said, r"limits: .*respond 2h00m")
        self.assertIn("选中", self.cli("explain", incident, env={"LC_ALL": "zh_CN.UTF-8"}).out)

    def test_overview_and_watch_without_a_terminal(self):
        incident = self.publish("overview-1", type="2.02")
        units = {unit["unit"]: unit for unit in self.cli("overview", "--json").json["overview"]["units"]}
        self.assertEqual(units["police"]["workers"], 0)
        self.assertGreater(units["police"]["unsigned"], 0)
        for said in (self.cli("overview").out, self.cli("watch").out):
            self.assertRegex(said, r"police +\S+ +offline")
        self.assertIn("overview", self.cli("watch", "--json").json)
        self.assertIn(incident, self.cli("queue", "police").out)
        which = self.cli("queue")
        self.assertEqual(which.exit, USAGE)
        self.assertRegex(which.err, r"which unit\?\n.*with work or workers are .*\bpolice\b")
        self.assertEqual(self.cli("workers").exit, DONE)

    # --- acts ---

    def test_an_act_repeated_is_done_once(self):
        incident = self.publish("act-1", type="3")
        close = ("close", incident, "--outcome", "no_action", "--reason", "重复", "--request", "same")
        first, again = self.cli(*close, "--json").json, self.cli(*close, "--json").json
        self.assertEqual(first["seq"], again["seq"])
        refused = self.cli("close", incident, "--outcome", "no_action", "--json")
        self.assertEqual((refused.exit, refused.json["code"]), (REFUSED, "wrong_state"), refused)
        self.assertIn("wrong_state", refused.err)

    def test_what_an_act_needs_is_said_before_it_is_sent(self):
        incident = self.publish("act-2", type="3")
        for args in (("assign", incident), ("close", incident), ("cancel", incident), ("merge", incident), ("verify", incident),
                     ("verify", incident, "--passed", "--failed"), ("close", incident, "--outcome", "done"), ("assign",),
                     ("say", incident, "respond", "--on-behalf", "fire"), ("say", incident, "shout"), ("nothing",), ()):
            result = self.cli(*args)
            self.assertEqual(result.exit, USAGE, (args, result))

    def test_speaking_for_a_unit(self):
        incident = self.publish("say-1", type="2.02")
        self.assertEqual(self.cli("say", incident, "respond", "--on-behalf", "fire", "--person", "李四").exit, REFUSED)
        for words in (("respond",), ("arrive",), ("note", "--text", "已到"), ("feedback", "--outcome", "resolved")):
            self.cli("say", incident, *words, "--on-behalf", "police", "--person", "李四", ok=True)
        self.assertIn("李四", self.cli("show", incident).out)
        self.assertIn("account, report_up, send_down, contact", self.cli("say", incident, "shout").err)
        up = self.cli("say", incident, "report-up", "--on-behalf", "police", "--person", "李四", "--reason", "力量不够", "--task", "1")
        self.assertEqual(up.exit, REFUSED, up)  # its task is done

    # --- offline, and alone ---

    SOUND = os.path.join(ROOT, "ops/cities/kongtong")

    def test_check_tells_errors_from_warnings(self):
        def add(name, text):
            with open(os.path.join(folder, name), "a", encoding="utf-8") as file:
                file.write(text)
            return self.cli("check", folder, "--json")

        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["cp", "-r", self.SOUND + "/.", folder], check=True)
            warned = add("principals.yaml", "  - {name: both, roles: [dispatcher, verifier]}\n")
            self.assertEqual((warned.exit, warned.json["done"]), (DONE, True), warned)
            self.assertEqual([(line["level"], line.get("file")) for line in warned.json["said"]],
                             [("warning", "principals.yaml"), ("note", None)])
            self.assertIn("principals.yaml:", self.cli("check", folder).err)
            wrong = add("types.yaml", "  - {code: 9, name: 无人认领, clocks: days-5}\n")
            self.assertEqual((wrong.exit, wrong.json["done"]), (BAD_INPUT, False), wrong)
            self.assertEqual([line["level"] for line in wrong.json["said"]], ["error", "warning"])
            self.assertIn("type '9' has no owner", wrong.json["said"][0]["what"])

    def test_check_names_the_place(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["cp", "-r", self.SOUND + "/.", folder], check=True)
            self.assertEqual(self.cli("check", folder).exit, DONE)
            with open(os.path.join(folder, "routes.yaml"), "a", encoding="utf-8") as file:
                file.write("  - {type: 404, to: huanwei}\n")
            result = self.cli("check", os.path.join(folder, "routes.yaml"), "--json")
            self.assertEqual((result.exit, result.json["done"]), (BAD_INPUT, False), result)
            self.assertEqual(result.json["said"][0]["file"], "routes.yaml")
            self.assertEqual(result.json["said"][0]["level"], "error")
            self.assertEqual(self.cli("check", os.path.join(folder, "missing")).exit, BAD_INPUT)

    def test_check_against_rows_tells_what_differs_and_what_contradicts_itself(self):
        rows = self.file("rows.csv", "id,type,area,unit\n1,2.01,620899001001,fire\n2,2.01,620899001001,police\n"
                                     "3,2.01.7,620899001001,police\n")
        route = self.broker.cli("explain", "--type", "2.01", "--area", "620899001001", "--json").json["explanation"]
        result = self.cli("check", self.broker.config, "--against", rows, "--json")
        self.assertEqual(result.exit, BAD_INPUT, result)  # this city has a type without an owner; the rows are routed all the same
        warnings = [line for line in result.json["said"] if line["level"] == "warning" and line["file"] == rows]
        agree = sum(route["unit"] == unit for unit in ("fire", "police", "police"))
        self.assertEqual((warnings[0]["line"], warnings[0]["column"]), (2, 1))
        self.assertIn("fire in 1 row (line 2), police in 1 row (line 3): the rows contradict each other; "
                      f"{route['rule']} sends it to {route['unit']}", warnings[0]["what"])
        self.assertIn(f"3 rows: {agree} (", result.json["said"][-1]["what"])
        bad = self.cli("check", self.SOUND, "--against", self.file("bad.csv", "type,unit\n1,fire\n"), "--json")
        self.assertEqual((bad.exit, bad.json["said"][-1]["level"]), (BAD_INPUT, "error"), bad)
        self.assertIn("no column 'area'", json.dumps(bad.json))

    def test_keys(self):
        with tempfile.TemporaryDirectory() as folder:
            made = self.cli("keys", "make", "camera-7", "--folder", folder)
            self.assertEqual(made.exit, DONE, made)
            secret = os.path.join(folder, "camera-7.key")
            self.assertEqual(stat.S_IMODE(os.stat(secret).st_mode), 0o600)
            for name in ("camera-7.key", "camera-7.pub"):
                self.assertEqual(self.cli("keys", "show", os.path.join(folder, name)).out, made.out)
            with open(secret, encoding="ascii") as file:
                before = file.read()
            self.assertEqual(self.cli("keys", "make", "camera-7", "--folder", folder).exit, LOCAL)
            with open(secret, encoding="ascii") as file:
                self.assertEqual(file.read(), before)
            self.assertNotIn(before.strip(), made.out + made.err)

    def test_nobody_there_is_unknown(self):
        with tempfile.TemporaryDirectory() as folder:
            env = {"BIHUAN_BROKER": "ipc://" + folder}
            began = time.monotonic()
            result = self.cli("ls", env=env)
            self.assertEqual(result.exit, UNKNOWN, result)
            self.assertIn(f"ipc://{folder}/command: no socket there", result.err)
            self.assertLess(time.monotonic() - began, 5)
            result = self.cli("publish", "--timeout", "1", stdin=json.dumps({"id": "n", **EVENT}), env=env)
            self.assertEqual(result.exit, UNKNOWN, result)  # a source waits for its broker
            self.assertIn(f"ipc://{folder}: no socket there", result.err)
            with socket.socket(socket.AF_UNIX) as mute:
                mute.bind(os.path.join(folder, "publish"))
                mute.listen()
                result = self.cli("publish", "--timeout", "1", stdin=json.dumps({"id": "n", **EVENT}), env=env)
            self.assertEqual(result.exit, UNKNOWN, result)
            self.assertNotIn("no socket there", result.err)  # the one it uses is
            with socket.socket(socket.AF_UNIX) as mute:
                mute.bind(os.path.join(folder, "command"))
                mute.listen()
                result = self.cli("close", self.publish("nobody-1"), "--outcome", "resolved", "--timeout", "1",
                                  "--request", "r7", env=env)
            self.assertEqual(result.exit, UNKNOWN, result)
            self.assertIn("--request r7", result.err)
            self.assertIn("ipc://" + folder, result.err)

    def test_what_is_typed_wrong_is_usage(self):
        for args, said in ((("ls", "--broker", "nowhere"), "neither ipc:// nor tcp://"),
                           (("ls", "--broker", "tcp://192.0.2.1:6201", "--server-key", "k" * 40), "$BIHUAN_KEY_FILE"),
                           (("publsh",), "did you mean publish?"), (("frobnicate",), "--help"),
                           (("close", self.publish("typed-1"), "--outcome", "fixed"), "resolved partly planned")):
            result = self.cli(*args)
            self.assertEqual(result.exit, USAGE, (args, result))
            self.assertIn(said, result.err)
        result = self.cli("publish", stdin=json.dumps({"id": "typed-2", **EVENT, "area": "999"}))
        self.assertIn("stdin:1: area: unknown_area: ", result.err)

    def test_every_verb_has_help(self):
        verbs = re.findall(r"(?m)^  ([a-z]+) ", self.cli("--help").out)
        self.assertGreater(len(verbs), 20)
        for verb in verbs:
            result = self.cli(verb, "--help")
            self.assertEqual(result.exit, DONE, result)
            self.assertIn("--json", result.out, verb)
        with open(os.path.join(ROOT, "docs/CLI.md"), encoding="utf-8") as file:
            described = file.read()
        for verb in verbs:
            self.assertIn(f"### {verb}", described)

    def test_chinese(self):
        incident = self.publish("zh-1", type="3")
        env = {"LC_ALL": "zh_CN.UTF-8"}
        table = self.cli("ls", "--state", "desk", env=env).out
        self.assertIn("待人工分派", table)
        width = lambda text: sum(2 if ord(c) > 0x2e80 else 1 for c in text)
        columns = {width(line[:line.index("620899001001")]) for line in table.splitlines() if "620899001001" in line}
        self.assertEqual(len(columns), 1, table)
        self.assertIn("处置中", self.cli("show", self.publish("zh-2"), env=env).out)
        self.assertEqual(self.cli("ls", "--json", "--state", "desk", env=env).lines[0]["head"]["state"], "desk")
        self.assertTrue(incident)

    def test_every_text_is_translated(self):
        checked = subprocess.run(["make", "-C", os.path.join(ROOT, "cli/po"), "check"], capture_output=True, encoding="utf-8",
                                 check=False)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    # --- the live screen ---

    def test_watch_is_live_resizes_and_quits_cleanly(self):
        screen = Screen(self.broker, 30, 140)
        try:
            screen.until("waiting for us")
            incident = self.publish("watch-1", type="2.02", text="看见了")
            screen.until("看见了")  # of the rest only what differs from the line before it is drawn
            self.assertIn("offline", screen.all)
            self.assertIn("q: quit", screen.all)
            screen.resize(16, 60)
            screen.until("\x1b[H\x1b[2J")  # drawn anew
            screen.until("waiting for us")
            screen.until(incident)
            screen.type(b"q")
            self.assertEqual(screen.wait(), DONE)
            self.assertIn("\x1b[?1049l", screen.all)  # the screen that was there before is back
        finally:
            screen.close()


    def test_watch_begins_with_what_was_and_says_when_nobody_is_there(self):
        self.publish("watched-1", type="2.02", text="以前")
        screen = Screen(self.broker, 60, 140)
        try:
            screen.until("以前")
        finally:
            screen.close()
        with tempfile.TemporaryDirectory() as folder:
            screen = Screen(self.broker, 20, 60, {"BIHUAN_BROKER": "ipc://" + folder, "LC_ALL": "zh_CN.UTF-8"})
            try:
                screen.until("那里没有套接字", 5)
                screen.type(b"q")
                self.assertEqual(screen.wait(), DONE)
            finally:
                screen.close()


class SampleIds(unittest.TestCase):
    def test_what_is_shown_as_an_incident_id_is_one(self):
        """A reader types what stands in the texts; tests have wrong ones on purpose."""
        characters, wrong, seen = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", [], 0
        for folder, folders, files in os.walk(ROOT):
            folders[:] = [name for name in folders if name not in ("build", "tests") and not name.startswith(".")]
            for path in (os.path.join(folder, name) for name in files if re.search(r"\.(md|h|c|cpp|py|yaml|po)$", name)):
                with open(path, encoding="utf-8") as file:
                    text = file.read()
                for id in re.findall(r"\b\d{6}-\d{6,}-[0-9A-Z]\b", text):
                    check = 36  # ISO 7064 MOD 37,36
                    for character in id[:-1].replace("-", ""):
                        check = (check + int(character)) % 36 or 36
                        check = check * 2 % 37
                    seen += 1
                    if id[-1] != characters[(37 - check) % 36]:
                        wrong.append(f"{os.path.relpath(path, ROOT)}: {id}")
        self.assertGreater(seen, 10)
        self.assertEqual(wrong, [])


class Screen:
    """`bihuan watch` on a terminal of its own."""

    def __init__(self, broker, rows, columns, env=None):
        self.all, self.seen = "", ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(binary("bihuan"), ["bihuan", "watch"], {**broker.environment(), "TERM": "xterm-256color", **(env or {})})
        self.resize(rows, columns)

    def resize(self, rows, columns):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, keys):
        os.write(self.fd, keys)

    def read(self, limit_s):
        if not select.select([self.fd], [], [], limit_s)[0]:
            return False
        try:
            text = os.read(self.fd, 65536).decode(errors="replace")
        except OSError:  # the other side is closed
            return False
        self.all += text
        self.seen += text
        return bool(text)

    def until(self, text, limit_s=20):
        """Until the text is drawn; what was drawn up to its end is forgotten."""
        ends = time.monotonic() + limit_s
        while text not in self.seen:
            if time.monotonic() > ends or not self.read(ends - time.monotonic()):
                raise AssertionError(f"{text!r} is not on the screen: {self.seen!r}")
        self.seen = self.seen[self.seen.index(text) + len(text):]

    def wait(self):
        while self.read(10):
            pass
        pid, status = os.waitpid(self.pid, 0)
        self.pid = 0
        return os.waitstatus_to_exitcode(status)

    def close(self):
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)


if __name__ == "__main__":
    tap.main()
