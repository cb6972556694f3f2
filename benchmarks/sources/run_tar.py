#!/usr/bin/env python3
"""How near does TarSource come to reading the file from front to back?

Makes shards of small and of large members, and reads them with both contenders
in turns, several rounds in one go, with all of it in the page cache. Prints
medians and ratios.

    python3 benchmarks/sources/run_tar.py [--quick]
"""
import io
import os
import pathlib
import random
import statistics
import sys
import tarfile
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import common  # noqa: E402


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


def measure(options, shard, shown):
    """A row of the table."""
    last = {}

    def rate(contender):
        last[contender] = common.run(
            [options.build / "benchmarks" / f"bench_sources_{contender}",
             "--file", shard, "--passes", 3])
        return last[contender]["bytes_per_second"] / 1e9

    rates = common.take_turns(
        {contender: lambda contender=contender: rate(contender)
         for contender in ("limit_read", "quarry_tar")},
        options.rounds, "{:.2f} GB/s".format)
    limit, quarry = (statistics.median(r) for r in rates.values())
    ratios = [q / l for q, l in zip(rates["quarry_tar"], rates["limit_read"])]
    tar = last["quarry_tar"]
    return (shown, f"{limit:.2f} GB/s", f"{quarry:.2f} GB/s",
            f"{statistics.median(ratios):.2f}",
            f"{min(ratios):.2f} – {max(ratios):.2f}",
            f"{tar['members_per_second']:,.0f}",
            f"{tar['open_seconds'] / tar['members'] * 1e6:.2f} µs a member")


def main():
    parser = common.arguments(__doc__, rounds=7, quick="16 MB, 1 round")
    parser.add_argument("--megabytes", type=int, default=512)
    options = parser.parse_args()
    if options.quick:
        options.megabytes, options.rounds = 16, 1
    rows = []
    with tempfile.TemporaryDirectory() as name:
        for shown, sizes in (("1–2 KB", (1000, 2000)), ("100 KB", (90_000, 110_000))):
            shard = pathlib.Path(name) / "shard.tar"
            write_shard(shard, options.megabytes * 1_000_000, sizes)
            rows.append(measure(options, shard, shown))
    print(common.table(["members", "limit_read", "quarry_tar", "ratio",
                        "spread of the ratio", "members/s", "opening"], rows))


if __name__ == "__main__":
    main()
