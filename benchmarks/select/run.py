#!/usr/bin/env python3
"""How near do selections come to what they cannot do without?

Runs the limit and each strategy in turns, several rounds in one go, and prints
medians. NumPy has to be there (src/setup/setup.sh --with-numpy, and PYTHONPATH).

    python3 benchmarks/select/run.py [--quick] [--family density,…]
        [--only k_center,…] [--threads 2]
"""
import importlib
import pathlib
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import common  # noqa: E402
from common import run  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
FAMILIES = sorted(path.stem for path in (HERE / "families").glob("*.py")
                  if path.stem != "__init__")


def limit(case, threads):
    """What the machine does of it a second."""
    if case.floor == "log":
        return run([sys.executable, HERE / "limit_log.py", "--values",
                    case.need()])["rate"] * threads
    return run([sys.executable, HERE / "limit_sgemm.py", "--width", case.width,
                "--threads", threads])["rate"]


def measure(case, program, threads, rounds):
    """A row of the table."""
    params = [part for param in case.params for part in ("--param", param)]
    results, limits = [], []
    for _ in range(rounds):
        limits.append(limit(case, threads))
        results.append(run([program, "--strategy", case.strategy,
                            "--rows", case.rows, "--budget", case.budget,
                            "--width", case.width, "--labelled", case.labelled,
                            "--threads", threads, *params]))
    seconds = statistics.median(r["seconds"] for r in results)
    cpu = statistics.median(r["cpu_seconds"] for r in results)
    added = max(r["added_kib"] for r in results) / 1024
    rate = case.need() / seconds
    best = statistics.median(limits)
    return (f"| `{case.strategy}` {' '.join(case.params)} | {case.rows:,} → "
            f"{case.budget:,}, {case.width}, {case.labelled:,} "
            f"| {seconds:.2f} | {cpu:.2f} | {added:.0f} MiB | {case.floor} "
            f"| {rate / 1e9:.2f} | {best / 1e9:.2f} | {rate / best:.2f} |")


def main():
    parser = common.arguments(__doc__, rounds=3,
                              quick="a tenth of the size, 1 round")
    parser.add_argument("--family", default=",".join(FAMILIES))
    parser.add_argument("--only", default="", help="of these strategies alone")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    program = options.build / "benchmarks" / "bench_select_quarry_select"
    only = set(filter(None, options.only.split(",")))
    print("| strategy | N → b, D, labelled | seconds | CPU seconds "
          "| memory added | limit | 10⁹ a second needed | of the limit "
          "| fraction |")
    print("|---|---|---|---|---|---|---|---|---|")
    for family in options.family.split(","):
        for case in importlib.import_module(f"families.{family}").CASES:
            if only and case.strategy not in only:
                continue
            rounds = 1 if options.quick else options.rounds
            print(measure(case.quick() if options.quick else case, program,
                          options.threads, rounds), flush=True)


if __name__ == "__main__":
    main()
