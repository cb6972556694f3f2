#!/usr/bin/env python3
"""How long does it take to open a list of a million samples?

Writes a list of each format, opens it with both contenders in turns, several
rounds in one go, with the list in the page cache. Prints medians.

    python3 benchmarks/sources/run_manifest.py [--quick]
"""
import json
import pathlib
import statistics
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import common  # noqa: E402


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


def measure(options, path):
    """A row of the table."""
    def seconds(contender):
        return common.run([options.build / "benchmarks" / f"bench_sources_{contender}",
                           "--file", path])["seconds"]

    times = common.take_turns(
        {contender: lambda contender=contender: seconds(contender)
         for contender in ("limit_read_lines", "quarry_manifest")},
        options.rounds, "{:.2f} s".format)
    limit, quarry = (statistics.median(values) for values in times.values())
    return (f"`{path.suffix}`", f"{path.stat().st_size / 1e6:.0f} MB", f"{limit:.2f} s",
            f"{quarry:.2f} s", f"{max(times['quarry_manifest']):.2f} s")


def main():
    parser = common.arguments(__doc__, rounds=7, quick="10,000 samples, 1 round")
    parser.add_argument("--samples", type=int, default=1_000_000)
    options = parser.parse_args()
    if options.quick:
        options.samples, options.rounds = 10_000, 1
    rows = []
    with tempfile.TemporaryDirectory() as name:
        for suffix in (".txt", ".jsonl", ".csv"):
            path = pathlib.Path(name) / f"list{suffix}"
            write_list(path, options.samples)
            rows.append(measure(options, path))
    print(common.table(["list", "size", "limit_read_lines", "quarry_manifest",
                        "slowest"], rows))


if __name__ == "__main__":
    main()
