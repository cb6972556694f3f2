#!/usr/bin/env python3
"""How near does HttpSource come to a bare libcurl loop?

Serves small files from a local nginx with 0, 5 and 20 ms of delay, and gets
them with both in turns, several rounds in one go. Prints medians and ratios.

    python3 benchmarks/sources/run.py --build build/release [--quick]
"""
import argparse
import os
import pathlib
import statistics
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from common import ROOT, run  # noqa: E402
sys.path.insert(0, str(ROOT / "tests" / "net"))
import _servers as servers  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--objects", type=int, default=200000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true",
                        help="20,000 objects, 1 round: does it work?")
    options = parser.parse_args()
    if options.quick:
        options.objects, options.rounds = 20000, 1
    bench = (ROOT / options.build).resolve() / "benchmarks"
    contenders = {"limit_curl": bench / "bench_sources_limit_curl",
                  "quarry": bench / "bench_sources_quarry_http"}
    print("| delay | limit_curl | quarry | ratio | spread of the ratio |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        with servers.Nginx(folder / "nginx") as nginx:
            paths = []
            for i in range(1000):
                path = f"{i % 10}/{i:04}.jpg"
                (nginx.www / path).parent.mkdir(parents=True, exist_ok=True)
                (nginx.www / path).write_bytes(os.urandom(900))
                paths.append(path)
            # Seconds each, so that opening connections is no large part.
            for delay, share in ((0, 1), (5, 4), (20, 10)):
                prefix = f"{nginx.url}/delay{delay}" if delay else nginx.url
                count = options.objects // share
                urls = [f"{prefix}/{paths[i % len(paths)]}?{i}" for i in range(count)]
                listing = folder / "urls.txt"
                listing.write_text("\n".join(urls) + "\n", encoding="utf-8")
                rates = {contender: [] for contender in contenders}
                for _ in range(options.rounds):
                    for contender, program in contenders.items():
                        result = run([program, "--urls", listing, "--connections",
                                      options.connections])
                        rates[contender].append(result["objects_per_second"])
                medians = {c: statistics.median(r) for c, r in rates.items()}
                ratios = [q / l for q, l in zip(rates["quarry"],
                                                rates["limit_curl"])]
                print(f"| {delay} ms | {medians['limit_curl']:,.0f}/s "
                      f"| {medians['quarry']:,.0f}/s "
                      f"| {medians['quarry'] / medians['limit_curl']:.2f} "
                      f"| {min(ratios):.2f} – {max(ratios):.2f} |")


if __name__ == "__main__":
    main()
