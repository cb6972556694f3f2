#!/usr/bin/env python3
"""How near does Quarry come to bare inference?

Runs the limit and Quarry in turns, several times, on one machine in one go, and
prints the medians, their ratio and the spread as JSON and as a Markdown table.

    python3 benchmarks/pipeline/run.py --build build/release [--quick]

The images are CIFAR-10 as JPEGs, from $QUARRY_SHARED (default: ../shared),
unpacked below the build folder once.
"""
import argparse
import json
import os
import pathlib
import platform
import statistics
import sys
import tarfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from common import ROOT, run  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--model", help="default: $QUARRY_SHARED/models/small.pt")
    parser.add_argument("--data", help="a folder of images; default: CIFAR-10")
    parser.add_argument("--samples", type=int, default=10000)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true",
                        help="2,000 samples, 3 rounds: does it work?")
    parser.add_argument("--out", help="also write the JSON to this file")
    options = parser.parse_args()
    if options.quick:
        options.samples = min(options.samples, 2000)
        options.rounds = min(options.rounds, 3)
    return options


def shared():
    place = pathlib.Path(os.environ.get("QUARRY_SHARED", ROOT.parent / "shared"))
    if not place.is_dir():
        sys.exit(f"there is no {place}: set QUARRY_SHARED, or --model and --data")
    return place


def cifar(build):
    """The test images, unpacked once."""
    place = build / "benchmarks" / "cifar10-jpeg"
    if not (place / ".complete").exists():
        archive = shared() / "data" / "cifar10-jpeg.tar.gz"
        print(f"unpacking {archive}", file=sys.stderr)
        with tarfile.open(archive) as tar:
            for member in tar:
                parts = pathlib.PurePath(member.name).parts
                if member.isfile() and "test" in parts and ".." not in parts:
                    member.name = "/".join(parts[parts.index("test"):])
                    tar.extract(member, place)
        (place / ".complete").touch()
    return place / "test"


def preprocessing(model):
    """What the card says, as flags for a program that reads no cards."""
    card = json.loads(model.with_suffix(".json").read_text(encoding="utf-8"))
    given, steps = card["input"], card.get("preprocess", {})
    channels = given.get("channels", 3)

    def listed(name, default):
        values = steps.get(name) or [default] * channels
        return ",".join(str(value) for value in values)

    flags = {name: given[name] for name in ("height", "width")}
    flags |= {"channels": channels, "scale": steps.get("scale", 1 / 255),
              "mean": listed("mean", 0), "std": listed("std", 1)}
    return [text for name, value in flags.items()
            for text in (f"--{name}", str(value))]


def machine():
    try:
        text = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
        names = [line.split(":", 1)[1].strip() for line in text.splitlines()
                 if line.startswith("model name")]
        return names[0]
    except (OSError, IndexError):
        return platform.machine()


def main():
    options = arguments()
    build = (ROOT / options.build).resolve()
    model = pathlib.Path(options.model or shared() / "models" / "small.pt")
    data = pathlib.Path(options.data) if options.data else cifar(build)
    bench = build / "benchmarks"
    same = ["--model", model, "--threads", options.threads,
            "--batch", options.batch]
    contenders = {
        "limit_bare_inference": [bench / "bench_pipeline_limit_bare_inference",
                                 *same, "--samples", options.samples,
                                 *preprocessing(model)],
        "quarry": [bench / "bench_pipeline_quarry_torch", *same,
                   "--data", data, "--limit", options.samples],
    }
    rates = {name: [] for name in contenders}
    details = {}
    for turn in range(options.rounds):
        for name, command in contenders.items():
            result = run(command)
            rates[name].append(result["samples_per_second"])
            details[name] = result
            print(f"round {turn + 1}: {name} "
                  f"{result['samples_per_second']:.0f}/s", file=sys.stderr)
    median = {name: statistics.median(values) for name, values in rates.items()}
    ratio = median["quarry"] / median["limit_bare_inference"]
    result = {"machine": machine(), "cores": os.cpu_count(),
              "model": model.name, "threads": options.threads,
              "batch": options.batch, "samples": options.samples,
              "rounds": options.rounds, "rates": rates, "median": median,
              "ratio": ratio, "last": details}
    print(json.dumps(result))
    if options.out:
        pathlib.Path(options.out).write_text(json.dumps(result, indent=2) + "\n",
                                             encoding="utf-8")
    print(f"\n| {model.name}, {options.threads} threads, batch {options.batch} "
          "| samples/s (median) | lowest – highest |\n|---|---|---|")
    for name, values in rates.items():
        print(f"| {name} | {median[name]:,.0f} | "
              f"{min(values):,.0f} – {max(values):,.0f} |")
    print(f"| ratio | {ratio:.3f} | |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
