"""One bit of one live value of a store is flipped, in the tables or in the log in front of them: it is always noticed, and nobody
is told what was never so."""

import json
import subprocess
import unittest

from rig import SEED, Rig, choose, figure, program, tap

FLIPS = choose(25, 400)  # of each kind of value


class BitRot(unittest.TestCase):
    def test_a_flipped_bit_is_noticed(self):
        with Rig("rot", keys=()) as rig:
            rig.start()
            rig.worker_of("fire", "hand")
            rig.source("first", "--count", 60).wait(60)
            rig.source("night", "--count", 10, type="5").wait(60)
            rig.restart()  # rows, closed ones too, are in the tables
            rig.source("later", "--count", 40, "--in-flight", 8).wait(60)
            rig.kill()  # the log has what the tables do not
            rig.cut_clients()
            done = subprocess.run([program("bit_rot"), "--flips", str(FLIPS), "--seed", str(SEED), rig.store, rig.path("work")],
                                  capture_output=True, encoding="utf-8", check=False)
        self.assertTrue(done.stdout, done.stderr)
        said = json.loads(done.stdout.splitlines()[-1])
        kinds = said.pop("kinds")
        for kind in ("records", "keys", "live", "closed", "meta", "policies", "policy_at", "log heads", "log values"):
            self.assertGreater(kinds.get(kind, 0), 0, kind)
        self.assertTrue(figure("bit rot", done.returncode == 0, values=sum(kinds.values()), **said), done.stderr[-3000:])


if __name__ == "__main__":
    tap.main()
