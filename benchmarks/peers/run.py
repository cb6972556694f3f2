#!/usr/bin/env python3
"""What does the job take users of PyTorch's DataLoader, beside Quarry?

    python3 benchmarks/peers/run.py --install     # once: 5 GB, a venv of its own
    python3 benchmarks/peers/run.py [--quick]

Runs the limit, Quarry and the peers in turns, on one machine in one go, from
files and from a local nginx with 0 and 20 ms of delay. Prints a table; --record
puts it into README.md.
"""
import datetime
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "pipeline")]
import chart  # noqa: E402
import common  # noqa: E402
import networks  # noqa: E402
import packages  # noqa: E402
from compare import Case, compare, limit_of, samples_for, spread  # noqa: E402
from contenders import FILES, name_of, open_contenders  # noqa: E402

BF16 = "bf16"
PEERS = (("plain", 2, "fp32"), ("careful", 2, "fp32"), ("careful", 2, BF16),
         ("careful", 16, "fp32"))  # script, workers, precision
IN_BF16 = f"quarry, {BF16}"


def arguments():
    parser = common.arguments(__doc__, rounds=3,
                              quick="512 samples, 1 round, 2 workers",
                              records=True)
    packages.add_flags(parser, "peers")
    parser.add_argument("--network", default="resnet18")
    networks.add_flags(parser)
    parser.add_argument("--batch", type=int, default=128)
    return parser.parse_args()


def peer(python, contenders, script, workers, precision, most):
    """Every worker gets two batches at least."""
    def measure(source, case):
        samples = min(most, case.samples)
        if source not in (FILES, 0):
            samples = min(samples, 2 * workers * case.batch)
        return common.run([
            python, "-W", "ignore::FutureWarning", HERE / f"{script}.py",
            "--model", case.model, "--list", contenders.listing(source, samples),
            "--batch", case.batch, "--workers", workers,
            "--threads", common.CORES, "--precision", precision,
            *contenders.server_flags(source)])

    return f"DataLoader, {script}, {workers} workers, {precision}", measure


def quarry_in_bf16(contenders):
    return IN_BF16, lambda source, case: contenders.quarry(
        source, case.model, case.batch, case.samples, BF16)


def others_of(options, contenders, python):
    """Of bf16 none where the processor has no instructions for it."""
    most = 512 if options.quick else 4096
    others = [peer(python, contenders, *one, most)
              for one in (PEERS[:2] if options.quick else PEERS)
              if one[-1] != BF16 or common.has_bf16()]
    if common.has_bf16():
        others.insert(0, quarry_in_bf16(contenders))
    return tuple(others)


def table(rows):
    names = list(rows[0].others)

    def cell(row, name):
        """How many times as fast Quarry is in the same precision."""
        rate = row.others[name]
        if name == IN_BF16:
            return f"{rate:,.0f}"
        own = row.others[IN_BF16] if name.endswith(BF16) else row.median("quarry")
        return f"{rate:,.0f} ({own / rate:.1f} ×)"

    return common.table(
        ["source", "limit, samples/s (set by)", "quarry, samples/s", "of the limit",
         "by hand, samples/s", *names],
        [(name_of(row.source), limit_of(row, "alone"),
          f"{row.median('quarry'):,.0f}", spread(row.values("of_alone")),
          f"{row.median('by_hand'):,.0f}",
          *(cell(row, name) for name in names))
         for row in rows])


def chart_of(rows):
    return chart.draw_bars(
        {name_of(row.source): {"limit": row.limit("alone").rate,
                               "quarry": row.median("quarry"),
                               "by hand": row.median("by_hand"),
                               **row.others} for row in rows},
        "samples/s", "{:,.0f}".format)


def main():
    options = arguments()
    python, versions = packages.ready(options, HERE / "requirements.txt")
    options.data = options.data or common.cifar(options.build)
    if options.quick:
        options.rounds = 1
    model = networks.file_of(options, options.network)
    with open_contenders(options.build, options.data) as contenders:
        samples = samples_for(512 if options.quick else 10000, options.batch)
        case = Case(model, (FILES, 0, 20), options.batch, samples,
                    others_of(options, contenders, python))
        rows = compare(contenders, case, options.rounds, options.rounds,
                       fetched=samples)
    text = (f"{datetime.date.today()}, {common.machine()}; {versions}; "
            f"{model.stem}, batch {options.batch}, medians of {options.rounds} "
            f"rounds:\n\n{table(rows)}")
    if options.record:
        common.record(HERE / "README.md", "measured",
                      text + "\n\n![samples a second](chart.svg)")
        (HERE / "chart.svg").write_text(chart_of(rows), encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
