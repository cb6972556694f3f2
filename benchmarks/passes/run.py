#!/usr/bin/env python3
"""What do K passes with dropout cost, beside one?

Runs `quarry select` as a user would, whole processes in turns: one plain pass,
K passes in one run, and K runs of one pass each, which is what K passes cost
where nothing is shared. Prints the medians, their ratios and the spread as JSON
and as a Markdown table.

    python3 benchmarks/passes/run.py [--model FILE.pt] [--data FOLDER] [--quick]

The model must have dropout.
"""
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import common  # noqa: E402


def arguments():
    parser = common.arguments(__doc__, rounds=5, quick="one round",
                              records=True)
    parser.add_argument("--model", help="default: $QUARRY_SHARED/models/small.pt")
    parser.add_argument("--data", help="a folder of images; default: CIFAR-10")
    parser.add_argument("--passes", type=int, default=10)
    parser.add_argument("--threads", type=int, default=common.CORES)
    options = parser.parse_args()
    options.model = options.model or common.shared() / "models" / "small.pt"
    options.data = options.data or common.cifar(options.build)
    if options.quick:
        options.rounds = 1
    return options


def main():
    options = arguments()

    def seconds(strategy, *flags):
        return common.timed(
            [options.build / "quarry", "select", "--cache", "off", "--data",
             options.data, "--model", options.model, "--strategy", strategy,
             "--budget", "100", "--threads", options.threads, "--quiet",
             "--json", *flags])[0]

    times = common.take_turns({
        "one plain pass": lambda: seconds("entropy"),
        f"{options.passes} passes": lambda: seconds(
            "bald", "--passes", options.passes),
        f"{options.passes} runs of one pass": lambda: sum(
            seconds("bald", "--passes", 1, "--seed", seed)
            for seed in range(options.passes))}, options.rounds)
    common.report_times(times, "one plain pass", "of one plain pass",
                        lambda plain, seconds: seconds / plain,
                        HERE / "README.md" if options.record else None)


if __name__ == "__main__":
    main()
