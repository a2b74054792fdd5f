"""backup and restore: a compact copy taken while turns go on, and a store of a new term made from it."""

import json
import os
import subprocess
import unittest

import tap
from broker import Broker, binary


class Backup(unittest.TestCase):
    def test_a_restored_store_has_all_and_gives_no_number_twice(self):
        with Broker(tcp=True) as broker:
            def publish(*ids):
                return broker.publish(*({"id": id, "type": "2.01", "area": "620899001001"} for id in ids))
            before = publish("a", "b", "c")
            backup = os.path.join(broker.folder, "backup")
            broker.cli("backup", backup, as_="ops")
            after = publish("lost")
            broker.stop()

            restored = os.path.join(broker.folder, "restored")
            subprocess.run([binary("bihuand"), "--restore", backup, "--store", restored], check=True, capture_output=True)
            broker.flags[broker.flags.index(broker.store)] = restored
            broker.store = restored
            broker.start()
            self.assertEqual([receipt["incident"] for receipt in publish("a", "b", "c")],
                             [receipt["incident"] for receipt in before])
            fresh, = publish("new")
            self.assertNotIn(fresh["incident"], [after[0]["incident"], *(receipt["incident"] for receipt in before)])
            self.assertGreater(fresh["term"], after[0]["term"])
            broker.stop()
            self.assertEqual(broker.check_store().exit, 0)
            broker.start()

    def test_an_extract_is_verified_without_a_broker(self):
        with Broker(tcp=True) as broker:
            first, other = broker.publish(*({"id": id, "type": "2.01", "area": "620899001001"} for id in ("a", "b")))
            broker.cli("cancel", first["incident"], "--reason", "误立", as_="desk")
            backup, path = (os.path.join(broker.folder, name) for name in ("backup", "extract.jsonl"))
            broker.cli("backup", backup, as_="ops")
            extract = subprocess.run([binary("bihuan"), "extract", backup, first["incident"]], check=True,
                                     capture_output=True, text=True).stdout

            def verify(text):
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text)
                return subprocess.run([binary("bihuan"), "verify-extract", path], capture_output=True, text=True)

            lines = extract.splitlines(keepends=True)
            self.assertNotIn(other["incident"], extract)
            self.assertEqual(json.loads(lines[-1])["records"], len(lines) - 1)
            whole = verify(extract)
            self.assertEqual(whole.returncode, 0, whole)
            self.assertIn(json.loads(lines[-2])["after"], whole.stdout)
            for text, what in ((extract.replace("误立", "误报"), "is not what it says"),
                               (extract.replace('"bytes":"', '"bytes":"00', 1), "not what was hashed"),
                               ("".join(lines[1:]), "is missing"),
                               ("".join(lines[:-2] + lines[-1:]), "at the end are missing"),
                               ("".join(lines[:-1]), "cut off"),
                               ("".join(lines[1:2] + lines), "not a line" if len(lines) < 3 else "missing")):
                refused = verify(text)
                self.assertEqual(refused.returncode, 4, (what, refused))
                self.assertIn(what, refused.stderr)
            nobody = subprocess.run([binary("bihuan"), "extract", backup, "620899-999999-X"], capture_output=True, text=True)
            self.assertEqual(nobody.returncode, 5, nobody)

    def test_who_is_no_operator_may_not(self):
        with Broker(tcp=True) as broker:
            refused = broker.cli("backup", os.path.join(broker.folder, "no"), as_="desk", ok=False)
            self.assertEqual(refused.exit, 1, refused)
            self.assertFalse(os.path.exists(os.path.join(broker.folder, "no")))


if __name__ == "__main__":
    tap.main()
