#!/usr/bin/env python3
"""How long does it take to open a list of a million samples?

Writes a list of each format, opens it with both contenders in turns, several
rounds in one go, with the list in the page cache. Prints medians and ratios.

    python3 benchmarks/sources/run_manifest.py --build build/release [--quick]
"""
import argparse
import json
import pathlib
import statistics
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from common import ROOT, run  # noqa: E402


def write_list(path, samples):
    paths = (f"train/{i % 100:02}/{i:07}.jpg" for i in range(samples))
    with open(path, "w", encoding="utf-8") as file:
        if path.suffix == ".txt":
            file.writelines(f"{uri}\n" for uri in paths)
        elif path.suffix == ".jsonl":
            file.writelines(json.dumps({"uri": uri, "id": f"{i:07}"}) + "\n"
                            for i, uri in enumerate(paths))
        else:
            file.write("uri,id\n")
            file.writelines(f"{uri},{i:07}\n" for i, uri in enumerate(paths))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--samples", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--quick", action="store_true",
                        help="10,000 samples, 1 round: does it work?")
    options = parser.parse_args()
    if options.quick:
        options.samples, options.rounds = 10_000, 1
    bench = (ROOT / options.build).resolve() / "benchmarks"
    contenders = {"limit": bench / "bench_sources_limit_read_lines",
                  "quarry": bench / "bench_sources_quarry_manifest"}
    print("| list | size | limit_read_lines | quarry_manifest | slowest |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        for suffix in (".txt", ".jsonl", ".csv"):
            path = pathlib.Path(name) / f"list{suffix}"
            write_list(path, options.samples)
            seconds = {contender: [] for contender in contenders}
            for _ in range(options.rounds):
                for contender, program in contenders.items():
                    done = run([program, path])
                    seconds[contender].append(done["seconds"])
            print(f"| `{suffix}` | {path.stat().st_size / 1e6:.0f} MB "
                  f"| {statistics.median(seconds['limit']):.2f} s "
                  f"| {statistics.median(seconds['quarry']):.2f} s "
                  f"| {max(seconds['quarry']):.2f} s |")


if __name__ == "__main__":
    main()
