#!/usr/bin/env python3
"""What do K passes with dropout cost, beside one?

Runs `quarry select` as a user would, whole processes in turns: one plain pass,
K passes in one run, and K runs of one pass each, which is what K passes cost
where nothing is shared. Prints the medians, their ratios and the spread as JSON
and as a Markdown table.

    python3 benchmarks/passes/run.py --build build/release [--quick]

The images are a folder, `--data`; the model must have dropout.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


def arguments():
    shared = pathlib.Path(os.environ.get("QUARRY_SHARED", ROOT.parent / "shared"))
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--model", default=shared / "models" / "small.pt",
                        help="default: $QUARRY_SHARED/models/small.pt")
    parser.add_argument("--data", required=True, help="a folder of images")
    parser.add_argument("--passes", type=int, default=10)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="one round")
    options = parser.parse_args()
    if options.quick:
        options.rounds = 1
    return options


def main():
    options = arguments()
    quarry = (ROOT / options.build).resolve() / "quarry"

    def seconds(strategy, *flags):
        command = [quarry, "select", "--cache", "off", "--data", options.data, "--model",
                   options.model, "--strategy", strategy, "--budget", "100",
                   "--threads", options.threads, "--quiet", "--json", *flags]
        begin = time.monotonic()
        done = subprocess.run([str(part) for part in command], text=True,
                              stdout=subprocess.PIPE, check=False)
        if done.returncode != 0:
            sys.exit(f"quarry ended with {done.returncode}")
        return time.monotonic() - begin

    contenders = {
        "one plain pass": lambda: seconds("entropy"),
        f"{options.passes} passes": lambda: seconds(
            "bald", "--passes", options.passes),
        f"{options.passes} runs of one pass": lambda: sum(
            seconds("bald", "--passes", 1, "--seed", seed)
            for seed in range(options.passes)),
    }
    times = {name: [] for name in contenders}
    for turn in range(options.rounds):
        for name, run in contenders.items():
            times[name].append(run())
            print(f"round {turn + 1}: {name} {times[name][-1]:.2f} s",
                  file=sys.stderr)
    median = {name: statistics.median(values) for name, values in times.items()}
    plain = median["one plain pass"]
    print(json.dumps({"seconds": times, "median": median,
                      "ratio": {n: m / plain for n, m in median.items()}}))
    print("\n| | seconds (median) | lowest – highest | of one plain pass |"
          "\n|---|---|---|---|")
    for name, values in times.items():
        print(f"| {name} | {median[name]:.2f} | {min(values):.2f} – "
              f"{max(values):.2f} | {median[name] / plain:.2f} |")


if __name__ == "__main__":
    main()
