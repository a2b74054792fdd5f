"""A full store refuses what is new and finishes what is open: nothing accepted is lost for want of room."""

import json
import subprocess
import unittest

import tap
from broker import Broker, binary

MIB = 16
EVENTS = 6000


class Full(unittest.TestCase):
    def test_open_tasks_are_finished_and_the_broker_starts_again(self):
        lines = "".join(json.dumps({"id": f"full-{n}", "type": "1.01", "area": "620899001001", "text": "满" * 400}) + "\n"
                        for n in range(EVENTS))
        with Broker(http=True, keys=(), flags=("--map-size", str(MIB))) as broker:
            published = subprocess.run([binary("bihuan"), "publish", "--json", "--quiet", "--timeout", "5"], input=lines,
                                       text=True, env=broker.environment(), capture_output=True)
            self.assertEqual(published.returncode, 1, published.stderr[-300:])
            self.assertIn("store_full", published.stdout + published.stderr)
            accepted = broker.cli("overview", "--json").json["overview"]["accepted"]
            self.assertGreater(accepted, 300)
            self.assertLess(accepted, EVENTS)
            handled = subprocess.run([binary("bihuan-worker"), "--department", "fire", "--credit", "64", "--once",
                                      str(accepted), "--", "sh", "-c", "echo respond; echo feedback resolved"],
                                     env=broker.environment(), capture_output=True, text=True, timeout=120)
            self.assertEqual(handled.returncode, 0, handled.stderr[-300:])
            self.assertEqual(broker.cli("overview", "--json").json["overview"]["closed"], accepted)
            broker.restart()
            self.assertEqual(broker.cli("overview", "--json").json["overview"]["closed"], accepted)


if __name__ == "__main__":
    tap.main()
