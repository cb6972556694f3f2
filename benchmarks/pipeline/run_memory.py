#!/usr/bin/env python3
"""How much more memory does a pool of ten times the size take?

Runs `quarry select` with margin over a pool of JPEGs and over a tenth of it in
turns, without a cache, with one that is empty and with one that has all, and
prints the peaks of resident memory and their ratios.

    python3 benchmarks/pipeline/run_memory.py [--quick]

The images are CIFAR-10's, from $QUARRY_SHARED, as often as it takes, each with a
number of its own behind its end: no two files are equal.
"""
import json
import pathlib
import shutil
import statistics
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import common  # noqa: E402

CACHES = ("off", "cold", "warm")


def write_pool(place, images, samples):
    for number in range(samples):
        if number % 1000 == 0:
            (place / f"{number // 1000:03}").mkdir(parents=True)
        name = place / f"{number // 1000:03}" / f"{number:06}.jpg"
        name.write_bytes(images[number % len(images)] + number.to_bytes(4, "little"))


def select(options, pool, cache, workspace):
    """The peak in KiB."""
    out = workspace.with_suffix(".out")
    if cache == "cold":
        shutil.rmtree(workspace, ignore_errors=True)
    common.output(
        [options.build / "quarry", "select", "--data", pool, "--model", options.model,
         "--strategy", "margin", "--budget", options.samples // 100, "--threads",
         options.threads, "--workspace", workspace, "--cache",
         "off" if cache == "off" else "on", "--out", out, "--quiet"])
    document = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    cached = document["predictions"]["cached"]
    if (cached != 0) != (cache == "warm"):
        sys.exit(f"{cached} predictions came out of a cache that was {cache}")
    return document["peak_memory"] / 1024


def main():
    parser = common.arguments(__doc__, rounds=3, quick="600 samples, 1 round")
    parser.add_argument("--samples", type=int, default=60_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--model", type=pathlib.Path,
                        help="default: small.pt of the shared models")
    options = parser.parse_args()
    options.model = options.model or common.shared() / "models" / "small.pt"
    if options.quick:
        options.samples, options.rounds = 600, 1
    images = [path.read_bytes()
              for path in sorted(common.cifar(options.build).rglob("*.jpg"))]
    with tempfile.TemporaryDirectory() as name:
        sizes = {"few": options.samples // 10, "many": options.samples}
        for size, samples in sizes.items():
            write_pool(pathlib.Path(name) / size, images, samples)

        def contender(size, cache):
            return lambda: select(options, pathlib.Path(name) / size, cache,
                                  pathlib.Path(name) / f"{size}.cache")

        # A warm cache is what the cold one before it has left.
        peaks = common.take_turns(
            {(size, cache): contender(size, cache) for cache in CACHES
             for size in sizes}, options.rounds, "{:,.0f} KiB".format)
    rows = []
    for cache in CACHES:
        few, many = peaks["few", cache], peaks["many", cache]
        ratios = [m / f for m, f in zip(many, few)]
        rows.append((cache, f"{statistics.median(few):,.0f} KiB",
                     f"{statistics.median(many):,.0f} KiB",
                     f"{statistics.median(ratios):.3f}",
                     f"{min(ratios):.3f} – {max(ratios):.3f}"))
    print(common.table(["cache", *(f"{n:,} samples" for n in sizes.values()), "ratio",
                        "spread of the ratio"], rows))


if __name__ == "__main__":
    main()
