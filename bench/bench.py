"""Everything that is measured, in one run: Bihuan, its peers and its limits in turns, round after round. See ops/bench."""

import argparse
import os
import shutil
import sys
import tempfile

import measure
import report
import rows_peers
import servers

ROOT = servers.ROOT


def groups():
    """name → what measures it, and whether the peers are needed."""
    return {"publish": (rows_peers.publish, True), "loop": (rows_peers.loop, True), "open": (rows_peers.open_loop, True)}


def options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="*", help=f"words: those of {', '.join(groups())} that contain one; none: all")
    parser.add_argument("--seconds", type=float, default=3, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rates", type=lambda text: [int(word) for word in text.split(",")], default=[2000, 20000],
                        help="of the open loops, a second")
    parser.add_argument("--systems", default="", help="only these: names with commas between")
    parser.add_argument("--folder", default=os.path.join(ROOT, "build"), help="on the disk to measure")
    parser.add_argument("--out", default=os.path.join(ROOT, "build/bench-results"))
    parser.add_argument("--quick", action="store_true", help="publish only, Bihuan and Redis only, three rounds")
    parser.add_argument("--results", action="store_true", help="write bench/RESULTS.md and bench/plots too")
    return parser.parse_args()


def quick(chosen):
    """Us and Redis only, one publisher: under two minutes."""
    chosen.rows, chosen.systems, chosen.rounds = ["publish"], "bihuan,redis", min(chosen.rounds, 3)
    chosen.out = os.path.join(ROOT, "build/bench-quick")
    rows_peers.WINDOWS = [pair for pair in rows_peers.WINDOWS if pair[1] == 1]


def main():
    chosen = options()
    if chosen.quick:
        quick(chosen)
    folder = tempfile.mkdtemp(prefix="bench-", dir=chosen.folder)
    os.chmod(folder, 0o755)  # PostgreSQL is another user
    bench, peers, about = measure.Bench(chosen, folder), [], report.machine(folder)
    known = {server.name: [server.version() if server.installed() else "not installed", server.settings]
             for server in [servers.Bihuan("ipc"), *(peer() for peer in servers.PEERS)]}
    try:
        for name, (rows, beside_peers) in groups().items():
            if chosen.rows and not any(word in name for word in chosen.rows):
                continue
            print(f"{name}:", flush=True)
            if beside_peers and not peers:
                peers = measure.start_peers(bench)
                peers = [s for s in peers if not chosen.systems or s.name in chosen.systems.split(",")]
            rows(bench, peers) if beside_peers else rows(bench)
    finally:
        for server in peers:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)
        text = report.write(bench, about, known)
    print("\n" + text + f"\nall of it: {os.path.relpath(chosen.out)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
