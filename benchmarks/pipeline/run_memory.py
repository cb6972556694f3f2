#!/usr/bin/env python3
"""How much more memory does a pool of ten times the size take?

Runs `quarry select` with margin over a pool of JPEGs and over a tenth of it in
turns, without a cache, with one that is empty and with one that has all, and
prints the peaks of resident memory and their ratios. Then the same for pools of
10,000 to 1,000,000 samples that are made up as they are read, with a pointwise
strategy and with a set strategy, whose inputs are in memory or on disk.

    python3 benchmarks/pipeline/run_memory.py [--made-up] [--quick]

--made-up leaves the JPEGs out: that needs neither libtorch nor $QUARRY_SHARED.
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
# Of made-up pools: strategy, and how many bytes of its inputs are in memory.
MADE_UP = {"margin": ("margin", 1 << 30), "k_center, rows in memory": ("k_center", 1 << 40),
           "k_center, rows on disk": ("k_center", 1 << 20)}


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


def select_made_up(options, what, samples, scratch):
    """Peaks in KiB: of resident memory, and of the process's own."""
    strategy, input_memory = MADE_UP[what]
    result = common.run(
        [options.build / "benchmarks" / "bench_pipeline_quarry_synthetic",
         "--samples", samples, "--strategy", strategy, "--width", 128,
         "--threads", options.threads, "--input-memory", input_memory,
         "--scratch", scratch])
    return result["peak_kib"], result["own_kib"]


def made_up(options):
    """The table of pools that are made up."""
    sizes = [1000, 10_000] if options.quick else [10_000, 100_000, 1_000_000]
    with tempfile.TemporaryDirectory(dir=options.scratch) as scratch:
        peaks = common.take_turns(
            {(what, size): lambda what=what, size=size: select_made_up(
                options, what, size, scratch)
             for what in MADE_UP for size in sizes}, options.rounds, str)
    rows = []
    for what in MADE_UP:
        peak, own = ([statistics.median(value[i] for value in peaks[what, size])
                      for size in sizes] for i in (0, 1))
        rows.append((what, *(f"{p:,.0f} / {o:,.0f} KiB" for p, o in zip(peak, own)),
                     f"{peak[-1] / peak[0]:.2f} / {own[-1] / own[0]:.2f}"))
    return common.table(["peak, resident / its own", *(f"{n:,} samples" for n in sizes),
                         "last over first"], rows)


def jpegs(options):
    """The table of pools of JPEGs."""
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
    return common.table(["cache", *(f"{n:,} samples" for n in sizes.values()), "ratio",
                         "spread of the ratio"], rows)


def main():
    parser = common.arguments(__doc__, rounds=3, quick="few samples, 1 round")
    parser.add_argument("--samples", type=int, default=60_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--model", type=pathlib.Path,
                        help="default: small.pt of the shared models")
    parser.add_argument("--made-up", action="store_true", help="leave the JPEGs out")
    parser.add_argument("--scratch", type=pathlib.Path, default="/var/tmp",
                        help="a folder on a disk for rows; default: /var/tmp")
    options = parser.parse_args()
    if options.quick:
        options.samples, options.rounds = 600, 1
    if not options.made_up:
        options.model = options.model or common.shared() / "models" / "small.pt"
        print(jpegs(options) + "\n")
    print(made_up(options))


if __name__ == "__main__":
    main()
