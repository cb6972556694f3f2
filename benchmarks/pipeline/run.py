#!/usr/bin/env python3
"""How near does the pipeline come to its limit?

Runs the limit, Quarry and the same job stage after stage in turns, on one machine
in one go, from files and from a local nginx with 0, 5 and 20 ms of delay, and
prints tables in Markdown.

    python3 benchmarks/pipeline/run.py [--quick]
    python3 benchmarks/pipeline/run.py --all      # README.md's: two hours

The images are CIFAR-10's as JPEGs, from $QUARRY_SHARED, unpacked below the build
folder once; the networks are trained there by `quarry train`, for a moment.
"""
import collections
import dataclasses
import datetime
import json
import pathlib
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import chart  # noqa: E402
import common  # noqa: E402
import networks  # noqa: E402
from compare import Case, compare, limit_of, samples_for, spread  # noqa: E402
from contenders import FILES, SOURCES, name_of, open_contenders  # noqa: E402
from networks import NETWORKS  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
SMALL, LARGE = (1, 4, 16), (64, 128, 256, 512)  # batch sizes
SHOWN = 128  # of which every source and contender is shown
SWEEP_ROUNDS = 2  # of the others
ORDERS = {"sequential": "stage after stage", "batch_sequential": "batch by batch"}


def arguments():
    parser = common.arguments(
        __doc__, rounds=5, quick="small_cnn, 512 samples, 1 round")
    parser.add_argument("--all", action="store_true",
                        help="all networks, sources and batch sizes; writes "
                        "README.md's tables and chart.svg")
    parser.add_argument("--networks", default="small_cnn",
                        help=f"of {','.join(NETWORKS)}, or files; "
                        "default: small_cnn")
    networks.add_flags(parser)
    parser.add_argument("--sources", default=",".join(map(str, SOURCES)),
                        help="files, and milliseconds of delay; default: "
                        "%(default)s")
    parser.add_argument("--batches", default="128")
    parser.add_argument("--seconds", type=float, default=10,
                        help="that bare inference takes, so that the first batch "
                        "and the last do not count; default: %(default)s")
    parser.add_argument("--samples", type=int, help="instead of --seconds")
    parser.add_argument("--overlapping", action="store_true",
                        help="without --all: leave out what runs stage after stage")
    parser.add_argument("--out", type=pathlib.Path, help="write a JSON file, too")
    options = parser.parse_args()
    options.sources = tuple(FILES if name == FILES else int(name)
                            for name in options.sources.split(","))
    options.batches = [int(batch) for batch in options.batches.split(",")]
    options.networks = options.networks.split(",")
    if options.quick:
        options.samples = options.samples or 512
        options.rounds = 1
    options.sweep_rounds = min(options.rounds, SWEEP_ROUNDS)
    return options


def samples_of(options, contenders, model, batch):
    wanted = options.samples or contenders.samples_in(options.seconds, model, batch)
    return samples_for(min(wanted, len(contenders.names)), batch)


def case_of(options, contenders, name, sources, batch, orders):
    model = networks.file_of(options, name)

    def in_order(order):
        return order, lambda source, case: contenders.stages(
            order, source, case.model, case.batch, case.samples)

    return Case(model, sources, batch,
                samples_of(options, contenders, model, batch),
                tuple(in_order(order) for order in orders))


def source_table(rows):
    def line(row):
        quarry = row.median("quarry")
        return (row.network, name_of(row.source), row.batch,
                limit_of(row, "alone"), limit_of(row, "together"), f"{quarry:,.0f}",
                spread(row.values("of_alone")), spread(row.values("of_together")),
                *(f"{rate:,.0f} ({quarry / rate:.1f} ×)"
                  for rate in (row.median("by_hand"), *row.others.values())))

    return common.table(
        ["network", "source", "batch", "limit alone (set by)",
         "limit together (set by)", "quarry", "quarry / alone", "quarry / together",
         "by hand", *(ORDERS[name] for name in rows[0].others)], map(line, rows))


def ratio_table(rows, title, line_of, column_of):
    """Quarry over alone, together and by hand: medians of the rounds of all rows
    that share a line, a tuple below `title`, and a column."""
    rounds = collections.defaultdict(list)
    for row in rows:
        rounds[line_of(row), column_of(row)] += row.rounds

    def cell(line, column):
        return ", ".join(
            f"{statistics.median(getattr(one, name) for one in rounds[line, column]):.2f}"
            for name in ("of_alone", "of_together", "of_by_hand"))

    columns = list(dict.fromkeys(map(column_of, rows)))
    return common.table(
        [*title, *columns],
        ([*line, *(cell(line, column) for column in columns)]
         for line in dict.fromkeys(map(line_of, rows))))


def batch_table(rows, batches):
    """By network and source, a column a batch size."""
    return ratio_table([row for row in rows if row.batch in batches],
                       ("network", "source"),
                       lambda row: (row.network, name_of(row.source)),
                       lambda row: row.batch)


def summary_table(rows):
    """Of all batches, by network, a column a source."""
    return ratio_table(rows, ("network",),
                       lambda row: (row.network,), lambda row: name_of(row.source))


def batch_chart(rows):
    """Samples a second by batch size over HTTP, a panel a network."""
    panels = []
    for network in dict.fromkeys(row.network for row in rows):
        own = sorted((row for row in rows
                      if (row.network, row.source) == (network, 0)),
                     key=lambda row: row.batch)
        panels.append(chart.Panel(network, [row.batch for row in own], {
            "limit, stages alone": [row.limit("alone").rate for row in own],
            "quarry": [row.median("quarry") for row in own],
            "by hand": [row.median("by_hand") for row in own],
            "batch by batch": [row.others["batch_sequential"] for row in own]}))
    return chart.draw(panels, "samples in a batch", "samples a second")


def precision_table(options, contenders):
    """The bare networks at the same and at the best precision."""
    if not common.has_bf16():
        return "No instructions for bf16 are known of this processor."

    def line(name):
        model = networks.file_of(options, name)
        samples = samples_of(options, contenders, model, 128)
        rates = [contenders.infer(model, 128, samples, precision)["samples_per_second"]
                 for precision in ("fp32", "bf16")]
        return name, *(f"{rate:,.0f}" for rate in rates)

    return common.table(["bare network, batch 128", "fp32, samples/s",
                         "bf16, samples/s"], map(line, NETWORKS))


def measure_all(options, contenders):
    """A row a network, batch size and source; of small batches over HTTP alone."""
    rows = []
    for name in NETWORKS:
        for batch in SMALL + LARGE:
            is_shown = batch == SHOWN
            case = case_of(options, contenders, name,
                           SOURCES if batch in LARGE else (0,), batch,
                           ORDERS if is_shown else ("batch_sequential",))
            rows += compare(contenders, case,
                            options.rounds if is_shown else options.sweep_rounds)
    return rows


def measure_some(options, contenders):
    """Rows by source."""
    orders = () if options.overlapping else ORDERS
    return [row for name in options.networks for batch in options.batches
            for row in compare(
                contenders, case_of(options, contenders, name, options.sources,
                                    batch, orders),
                options.rounds, fetched=options.samples or 60000)]


def page_of(options, rows, precisions):
    """What stands in README.md."""
    return "\n\n".join([
        f"{datetime.date.today()}, {common.machine()}; `--all --seconds "
        f"{options.seconds:g} --rounds {options.rounds}`; samples a second, medians "
        "of the rounds, of ratios the lowest and highest in brackets; of the "
        "others one round, in brackets how many times as fast Quarry is:",
        source_table([row for row in rows if row.batch == SHOWN]),
        "Quarry over the limit of stages alone, of stages together, and the same "
        f"job by hand, medians, by batch size, {options.sweep_rounds} rounds but "
        f"for {SHOWN}:",
        batch_table(rows, LARGE), "Of all these rounds together:",
        summary_table([row for row in rows if row.batch in LARGE]),
        "Small batches:", batch_table(rows, SMALL),
        "Over HTTP without delay, batch by batch in one round:",
        "![samples a second by batch size](chart.svg)", precisions])


def main():
    options = arguments()
    options.data = options.data or common.cifar(options.build, "")
    with open_contenders(options.build, options.data) as contenders:
        if options.all:
            rows = measure_all(options, contenders)
            page = page_of(options, rows, precision_table(options, contenders))
            place = options.build if options.quick else HERE
            (place / "chart.svg").write_text(batch_chart(rows), encoding="utf-8")
            if not options.quick:
                common.record(HERE / "README.md", "measured", page)
            print(page)
        else:
            rows = measure_some(options, contenders)
            print(source_table(rows))
            if len(options.batches) > 1:
                print("\nQuarry over the limit of stages alone, of stages together, "
                      "and the same job by hand, medians of all batch sizes:\n\n"
                      + summary_table(rows))
    if options.out:
        result = {"machine": common.machine(),
                  "rows": [dataclasses.asdict(row) for row in rows]}
        options.out.write_text(json.dumps(result, indent=1) + "\n",
                               encoding="utf-8")


if __name__ == "__main__":
    main()
