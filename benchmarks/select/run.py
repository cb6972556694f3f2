#!/usr/bin/env python3
"""How near do selections come to what they cannot do without?

Runs the limit and each strategy in turns, several rounds in one go, and prints
medians; --record puts them into README.md. NumPy has to be there
(src/setup/setup.sh --with-numpy, and PYTHONPATH).

    python3 benchmarks/select/run.py [--quick] [--family density,…]
        [--only k_center,…] [--threads 2]
"""
import datetime
import importlib
import pathlib
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import common  # noqa: E402
from case import CLASSES  # noqa: E402
from common import run  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
FAMILIES = sorted(path.stem for path in (HERE / "families").glob("*.py")
                  if path.stem != "__init__")
LEAST_LOGS = 10_000_000
GRADIENTS = {"gradient": 1, "jacobian": CLASSES - 1}  # of each image


def limit(case, programs, threads):
    """What the machine does of it a second."""
    if case.floor in GRADIENTS:
        return run([programs / "bench_select_limit_gradient_torch",
                    "--products", GRADIENTS[case.floor], "--threads",
                    threads])["samples_per_second"]
    if case.floor == "log":
        # Of fewer, too much of the time would go into starting threads.
        return run([programs / "bench_select_limit_log", "--values",
                    max(case.need(), LEAST_LOGS), "--threads",
                    threads])["samples_per_second"]
    rows, width, columns = case.product or (40_000, case.width, 1024)
    return run([sys.executable, HERE / "limit_sgemm.py", "--rows", rows,
                "--width", width, "--columns", columns, "--threads",
                threads])["rate"]


def billions(rate):
    """Of gradients there are only thousands."""
    return f"{rate / 1e9:.2f}" if rate >= 1e6 else f"{rate / 1e9:.1e}"


def measure(case, programs, threads, rounds):
    """A row of the table."""
    params = [part for param in case.params for part in ("--param", param)]
    results, limits = [], []
    for _ in range(rounds):
        limits.append(limit(case, programs, threads))
        results.append(run([programs / f"bench_select_{case.contender}",
                            "--strategy", case.strategy, "--rows", case.rows,
                            "--budget", case.budget, "--width", case.width,
                            "--labelled", case.labelled, "--threads", threads,
                            *case.flags, *params]))
    seconds = statistics.median(r["seconds"] for r in results)
    cpu = statistics.median(r["cpu_seconds"] for r in results)
    added = max(r["added_kib"] for r in results) / 1024
    need = case.need() if case.needs else results[0]["needed"]
    rate = need / seconds
    best = statistics.median(limits)
    said = *case.params, " ".join(map(str, case.flags))
    name = " ".join(f"`{part}`" for part in (case.strategy, *said) if part)
    return (name, f"{case.rows:,} → {case.budget:,}, {case.width}, {case.labelled:,}",
            f"{seconds:.2f}", f"{cpu:.2f}", f"{added:.0f} MiB", case.floor,
            billions(rate), billions(best), f"{rate / best:.2f}")


def rows_of(options):
    """Of the table: a row a case."""
    only = set(filter(None, options.only.split(",")))
    for family in options.family.split(","):
        for case in importlib.import_module(f"families.{family}").CASES:
            if only and case.strategy not in only:
                continue
            program = options.build / f"benchmarks/bench_select_{case.contender}"
            if not program.exists():
                print(f"{case.strategy}: no {program}, so it is left out",
                      file=sys.stderr)
                continue
            rounds = 1 if options.quick else options.rounds
            row = measure(case.quick() if options.quick else case,
                          options.build / "benchmarks", options.threads, rounds)
            print(*row, sep=" | ", file=sys.stderr, flush=True)
            yield row


def main():
    parser = common.arguments(__doc__, rounds=3, records=True,
                              quick="a tenth of the size, 1 round")
    parser.add_argument("--family", default=",".join(FAMILIES))
    parser.add_argument("--only", default="", help="of these strategies alone")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    text = (f"{datetime.date.today()}, {common.machine()}, {options.threads} threads; "
            f"medians of {options.rounds} rounds:\n\n" + common.table(
                ["strategy", "N → b, D, labelled", "seconds", "CPU seconds",
                 "memory added", "limit", "10⁹ a second needed",
                 "10⁹ a second of the limit", "fraction"],
                rows_of(options)))
    if options.record:
        common.record(HERE / "README.md", "measured", text)
    print(text)


if __name__ == "__main__":
    main()
