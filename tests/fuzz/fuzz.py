"""Runs the targets of tests/fuzz with libFuzzer, ASan and UBSan: `make fuzz` for long, test_fuzz.py shortly. What is found lies in
build/fuzz/findings, one file each; `build/asan/fuzz/fuzz_X FILE` shows it again. New inputs of interest go to build/fuzz/corpus;
`--keep` brings the smallest set that reaches as much into tests/fuzz/corpus."""

import concurrent.futures
import glob
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.join(ROOT, "build/asan/fuzz")
WORK = os.path.join(ROOT, "build/fuzz") if os.access(os.path.join(ROOT, "build"), os.W_OK) else f"/tmp/bihuan-fuzz-{os.getuid()}"
SEED = os.environ.get("BIHUAN_SEED", "1")
LONG_S = int(os.environ.get("BIHUAN_FUZZ_S", "600"))  # each target
GOLDEN = [os.path.join(ROOT, "schemas/golden/v1")]
# What else to begin with than the corpus that is kept.
SEEDS = {"wire": GOLDEN, "record": GOLDEN}
LENGTH_MAX = {"wire": 4096, "record": 4096, "front": 256, "yaml": 8192, "csv": 2048, "geojson": 4096}
KEPT_MAX_BYTES = 2048  # an input that is kept


def targets():
    return sorted(os.path.basename(source)[len("fuzz_"):-2] for source in glob.glob(os.path.join(HERE, "fuzz_*.c")))


def program(target):
    return os.path.join(BUILD, f"fuzz_{target}")


def corpus(target):
    return os.path.join(HERE, "corpus", target)


def city_files(folder):
    """The files of the cities there are, each after a line with its name: how fuzz_yaml reads them."""
    os.makedirs(folder, exist_ok=True)
    for path in glob.glob(os.path.join(ROOT, "tests/sim/city/*.yaml")) + glob.glob(os.path.join(ROOT, "ops/cities/*/*.yaml")):
        city, name = path.split("/")[-2:]
        if os.path.getsize(path) < LENGTH_MAX["yaml"]:
            with open(path, encoding="utf-8") as text, open(os.path.join(folder, f"{city}-{name}"), "w", encoding="utf-8") as seed:
                seed.write(f"{name}\n{text.read()}")
    return [folder]


def beginnings(target):
    seeds = city_files(os.path.join(WORK, "seeds")) if target == "yaml" else SEEDS.get(target, [])
    return [folder for folder in [corpus(target), *seeds] if os.path.isdir(folder)]


class Run:
    """One target's, and what it found."""

    def __init__(self, target, seconds):
        self.target = target
        grown = os.path.join(WORK, "corpus", target)
        findings = os.path.join(WORK, "findings", target) + os.sep
        for folder in (grown, findings):
            os.makedirs(folder, exist_ok=True)
        command = [program(target), f"-max_total_time={seconds}", f"-seed={SEED}", "-timeout=20", "-rss_limit_mb=2048",
                   f"-max_len={LENGTH_MAX[target]}", f"-artifact_prefix={findings}", "-print_final_stats=1", grown, *beginnings(target)]
        done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              encoding="utf-8", errors="replace", check=False)
        self.said, self.found = done.stderr, done.returncode != 0
        self.edges = self.last(r"cov: (\d+)")
        self.all_edges = self.last(r"\((\d+) inline 8-bit counters\)")
        self.runs = self.last(r"stat::number_of_executed_units:\s*(\d+)")

    def last(self, pattern):
        return int((re.findall(pattern, self.said) or [0])[-1])

    def __str__(self):
        return f"{self.target:8} {self.runs:12,} inputs, {self.edges:6,} edges reached" + (", FOUND:\n" + self.said[-4000:] if self.found else "")


def run_all(names, seconds, jobs):
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(lambda name: Run(name, seconds), names))


def keep(target):
    """The smallest inputs that together reach what all of them do."""
    merged = os.path.join(WORK, "merged", target)
    os.makedirs(merged, exist_ok=True)
    subprocess.run([program(target), "-merge=1", f"-max_len={KEPT_MAX_BYTES}", merged, corpus(target), os.path.join(WORK, "corpus", target)],
                   cwd=ROOT, stderr=subprocess.DEVNULL, check=True)
    print(f"{target}: {len(os.listdir(merged))} in {merged}")


def main(arguments):
    names = [word for word in arguments if not word.startswith("-")] or targets()
    if "--keep" in arguments:
        return [keep(name) for name in names] and 0
    runs = run_all(names, LONG_S, os.cpu_count() or 2)
    print("\n".join(map(str, runs)))
    return 1 if any(run.found for run in runs) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
