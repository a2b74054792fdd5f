"""backup and restore: a compact copy taken while turns go on, and a store of a new term made from it."""

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

    def test_who_is_no_operator_may_not(self):
        with Broker(tcp=True) as broker:
            refused = broker.cli("backup", os.path.join(broker.folder, "no"), as_="desk", ok=False)
            self.assertEqual(refused.exit, 1, refused)
            self.assertFalse(os.path.exists(os.path.join(broker.folder, "no")))


if __name__ == "__main__":
    tap.main()
