"""/metrics and /healthz on loopback, and the graceful stop that finishes the turn."""

import re
import unittest
import urllib.error

import tap
from broker import Broker, Process, binary

LINE = re.compile(r'^(# (HELP|TYPE|UNIT) .*|# EOF|[a-z_][a-z0-9_]*(\{[^}]*\})? -?[0-9.e+-]+)$')


class Metrics(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.broker = Broker(http=True).start()

    @classmethod
    def tearDownClass(cls):
        cls.broker.__exit__(None, None, None)

    def test_every_line_is_openmetrics(self):
        status, text = self.broker.http("/metrics")
        self.assertEqual(status, 200)
        self.assertEqual([line for line in text.splitlines() if not LINE.match(line)], [])
        self.assertEqual(text.splitlines()[-1], "# EOF")

    def test_counters_count(self):
        def records():
            return float(re.search(r"(?m)^bihuan_records_total(?:\{[^}]*\})? (\S+)$", self.broker.http("/metrics")[1])[1])
        before = records()
        self.broker.publish({"id": "m1", "type": "2.01", "area": "620899001001"})
        self.assertGreater(records(), before)

    def test_health(self):
        self.assertEqual(self.broker.http("/healthz")[0], 200)

    def test_an_unknown_path_is_not_found(self):
        with self.assertRaises(urllib.error.HTTPError) as error:
            self.broker.http("/secret")
        self.assertEqual(error.exception.code, 404)

    def test_only_loopback(self):
        other = Broker(keys=())
        process = Process([binary("bihuand"), *other.flags, "--http", "0.0.0.0:1"])
        self.assertNotEqual(process.wait(), 0)
        self.assertIn("loopback", "\n".join(process.err.seen))
        other.close()


if __name__ == "__main__":
    tap.main()
