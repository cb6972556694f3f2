#!/usr/bin/env python3
"""What does the job take users of PyTorch's DataLoader, beside Quarry?

    python3 benchmarks/peers/run.py --install     # once: 5 GB, a venv of its own
    python3 benchmarks/peers/run.py [--quick]

Runs the limit, Quarry and the peers in turns, on one machine in one go, from
files and from a local nginx with 0 and 20 ms of delay. Prints a table; --record
puts it into README.md.
"""
import datetime
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "pipeline")]
import chart  # noqa: E402
import common  # noqa: E402
import networks  # noqa: E402
from compare import Case, compare, samples_for  # noqa: E402
from contenders import FILES, name_of, open_contenders  # noqa: E402

REQUIREMENTS = HERE / "requirements.txt"
WORKERS = (2, 16)
SKIPPED = 77


def arguments():
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME",
                                        pathlib.Path.home() / ".cache"))
    cache = pathlib.Path(os.environ.get("QUARRY_CACHE", cache / "quarry"))
    parser = common.arguments(__doc__, rounds=3,
                              quick="512 samples, 1 round, 2 workers",
                              records=True)
    parser.add_argument("--venv", type=pathlib.Path, default=cache / "peers",
                        help="where the peers' packages are; default: %(default)s")
    parser.add_argument("--install", action="store_true",
                        help="put them there, and stop")
    parser.add_argument("--network", default="resnet18")
    networks.add_flags(parser)
    parser.add_argument("--batch", type=int, default=128)
    return parser.parse_args()


def install(venv):
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    subprocess.run([venv / "bin" / "pip", "install", "-r", REQUIREMENTS], check=True)


def expect_peers(venv):
    """Says what is missing, if anything is."""
    wanted = [line for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines()
              if line and not line.startswith("#")]
    python = venv / "bin" / "python"
    found = ""
    if python.exists():
        found = common.output([python, "-m", "pip", "freeze"])
    missing = [line for line in wanted if line not in found.splitlines()]
    if missing:
        print(f"{venv} lacks {', '.join(missing)}: python3 {__file__} --install",
              file=sys.stderr)
        sys.exit(SKIPPED)
    return python, ", ".join(wanted)


def peer(python, contenders, workers, most):
    """Every worker gets two batches at least."""
    def measure(source, case):
        samples = min(most, case.samples)
        if source not in (FILES, 0):
            samples = min(samples, 2 * workers * case.batch)
        return common.run([
            python, "-W", "ignore::FutureWarning", HERE / "dataloader.py",
            "--model", case.model, "--list", contenders.listing(source, samples),
            "--batch", case.batch, "--workers", workers,
            "--threads", common.CORES,
            *contenders.server_flags(source)])

    return f"DataLoader, {workers} workers", measure


def table(rows):
    peers = list(rows[0].others)
    return common.table(
        ["source", "limit, samples/s (set by)", "quarry, samples/s", "of the limit",
         *(f"{name}, samples/s" for name in peers)],
        [(name_of(row.source), f"{row.limit:,.0f} ({row.bound})",
          f"{row.quarry:,.0f}",
          f"{row.ratio:.2f} ({min(row.ratios):.2f} – {max(row.ratios):.2f})",
          *(f"{row.others[name]:,.0f} ({row.times(name):.1f} ×)" for name in peers))
         for row in rows])


def chart_of(rows):
    return chart.draw_bars(
        {name_of(row.source): {"limit": row.limit, "quarry": row.quarry,
                               **row.others} for row in rows},
        "samples/s", "{:,.0f}".format)


def main():
    options = arguments()
    if options.install:
        install(options.venv)
        return
    python, versions = expect_peers(options.venv)
    options.data = options.data or common.cifar(options.build)
    if options.quick:
        options.rounds = 1
    most = 512 if options.quick else 4096
    model = networks.file_of(options, options.network)
    with open_contenders(options.build, options.data) as contenders:
        samples = samples_for(512 if options.quick else 10000, options.batch)
        case = Case(model, (FILES, 0, 20), options.batch, samples,
                    tuple(peer(python, contenders, workers, most)
                          for workers in WORKERS[:1 if options.quick else None]))
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
