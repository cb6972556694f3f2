#!/usr/bin/env python3
"""How near do selections come to the products they cannot do without?

Runs sgemm and each strategy in turns, several rounds in one go, and prints
medians. NumPy has to be there (src/setup/setup.sh --with-numpy, and PYTHONPATH).

    python3 benchmarks/select/run.py --build build/release [--quick]
        [--only k_center,…] [--threads 2]
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]


def k_center_flops(rows, budget, width, labelled):
    """Every candidate with every centre."""
    return 2 * width * (rows - labelled) * (labelled + budget)


STRATEGIES = {
    # name: necessary FLOPs, rows, budget, width, labelled
    "k_center": (k_center_flops, 40000, 10000, 512, 1000),
}


def run(command):
    done = subprocess.run([str(part) for part in command], text=True,
                          stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--only", default=",".join(STRATEGIES))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true",
                        help="a tenth of the size, 1 round: does it work?")
    options = parser.parse_args()
    program = (ROOT / options.build).resolve() / "benchmarks"
    program /= "bench_select_quarry_select"
    print("| strategy | N → b, D, labelled | seconds | CPU seconds "
          "| memory added | GFLOP/s needed | sgemm GFLOP/s | fraction |")
    print("|---|---|---|---|---|---|---|---|")
    for name in options.only.split(","):
        flops, rows, budget, width, labelled = STRATEGIES[name]
        if options.quick:
            rows, budget, labelled = rows // 10, budget // 10, labelled // 10
            options.rounds = 1
        results, limits = [], []
        for _ in range(options.rounds):
            limits.append(run([sys.executable, HERE / "limit_sgemm.py",
                               "--width", width, "--threads",
                               options.threads])["gflops"])
            results.append(run([program, "--strategy", name, "--rows", rows,
                                "--budget", budget, "--width", width,
                                "--labelled", labelled, "--threads",
                                options.threads]))
        seconds = statistics.median(r["seconds"] for r in results)
        cpu = statistics.median(r["cpu_seconds"] for r in results)
        added = max(r["added_kib"] for r in results) / 1024
        need = flops(rows, budget, width, labelled) / 1e9
        limit = statistics.median(limits)
        print(f"| `{name}` | {rows:,} → {budget:,}, {width}, {labelled:,} "
              f"| {seconds:.2f} | {cpu:.2f} | {added:.0f} MiB "
              f"| {need / seconds:.0f} | {limit:.0f} "
              f"| {need / seconds / limit:.2f} |")


if __name__ == "__main__":
    main()
