#!/usr/bin/env python3
"""How near does HttpSource come to a bare libcurl loop?

Serves small files from a local nginx with 0, 5 and 20 ms of delay, and gets
them with both in turns, several rounds in one go. Prints medians and ratios.

    python3 benchmarks/sources/run.py [--quick]
"""
import os
import pathlib
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import common  # noqa: E402
import serve  # noqa: E402


def write_objects(www):
    paths = []
    for i in range(1000):
        path = f"{i % 10}/{i:04}.jpg"
        (www / path).parent.mkdir(parents=True, exist_ok=True)
        (www / path).write_bytes(os.urandom(900))
        paths.append(path)
    return paths


def measure(options, server, paths, delay, count):
    """A row of the table."""
    listing = server.folder / "urls.txt"
    listing.write_text("".join(
        f"{serve.url(server, paths[i % len(paths)], delay)}?{i}\n"
        for i in range(count)), encoding="utf-8")

    def rate(contender):
        return common.run([
            options.build / "benchmarks" / f"bench_sources_{contender}", "--urls",
            listing, "--connections", options.connections])["samples_per_second"]

    rates = common.take_turns({"limit_curl": lambda: rate("limit_curl"),
                               "quarry": lambda: rate("quarry_http")},
                              options.rounds, "{:,.0f}/s".format)
    ratios = [q / l for q, l in zip(rates["quarry"], rates["limit_curl"])]
    limit, quarry = (statistics.median(r) for r in rates.values())
    return (f"{delay} ms", f"{limit:,.0f}/s", f"{quarry:,.0f}/s",
            f"{quarry / limit:.2f}", f"{min(ratios):.2f} – {max(ratios):.2f}")


def main():
    parser = common.arguments(__doc__, rounds=5, quick="20,000 objects, 1 round")
    parser.add_argument("--connections", type=int, default=256)
    parser.add_argument("--objects", type=int, default=200000)
    options = parser.parse_args()
    if options.quick:
        options.objects, options.rounds = 20000, 1
    with serve.nginx() as server:
        paths = write_objects(server.www)
        # Seconds each, so that opening connections is no large part.
        rows = [measure(options, server, paths, delay, options.objects // share)
                for delay, share in zip(serve.DELAYS, (1, 4, 10))]
    print(common.table(["delay", "limit_curl", "quarry", "ratio",
                        "spread of the ratio"], rows))


if __name__ == "__main__":
    main()
