#!/usr/bin/env python3
"""How near does TarSource come to reading the file from front to back?

Makes shards of small and of large members, and reads them with both contenders
in turns, several rounds in one go, with all of it in the page cache. Prints
medians and ratios.

    python3 benchmarks/sources/run_tar.py --build build/release [--quick]
"""
import argparse
import io
import os
import pathlib
import random
import statistics
import sys
import tarfile
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from common import ROOT, run  # noqa: E402


def write_shard(path, total, sizes):
    stream = random.Random(1)
    with tarfile.open(path, "w") as tar:
        written, number = 0, 0
        while written < total:
            data = os.urandom(stream.randint(*sizes))
            info = tarfile.TarInfo(f"{number:07}.jpg")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
            written += len(data)
            number += 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--megabytes", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--quick", action="store_true",
                        help="16 MB, 1 round: does it work?")
    options = parser.parse_args()
    if options.quick:
        options.megabytes, options.rounds = 16, 1
    bench = (ROOT / options.build).resolve() / "benchmarks"
    contenders = {"limit_read": bench / "bench_sources_limit_read",
                  "quarry_tar": bench / "bench_sources_quarry_tar"}
    print("| members | limit_read | quarry_tar | ratio | spread of the ratio | "
          "members/s | opening |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        for shown, sizes in (("1–2 KB", (1000, 2000)), ("100 KB", (90_000, 110_000))):
            shard = pathlib.Path(name) / "shard.tar"
            write_shard(shard, options.megabytes * 1_000_000, sizes)
            rates = {contender: [] for contender in contenders}
            last = {}
            for _ in range(options.rounds):
                for contender, program in contenders.items():
                    last[contender] = run([program, "--file", shard, "--passes", 3])
                    rates[contender].append(last[contender]["bytes_per_second"])
            medians = {c: statistics.median(r) for c, r in rates.items()}
            ratios = [q / l for q, l in zip(rates["quarry_tar"], rates["limit_read"])]
            tar = last["quarry_tar"]
            print(f"| {shown} | {medians['limit_read'] / 1e9:.2f} GB/s "
                  f"| {medians['quarry_tar'] / 1e9:.2f} GB/s "
                  f"| {statistics.median(ratios):.2f} "
                  f"| {min(ratios):.2f} – {max(ratios):.2f} "
                  f"| {tar['members_per_second']:,.0f} "
                  f"| {tar['open_seconds'] / tar['members'] * 1e6:.2f} µs a member |")


if __name__ == "__main__":
    main()
