#!/usr/bin/env python3
"""How near does the pipeline come to the bare network on a GPU?

Holds predictions of the GPU against the processor's, measures ResNet-18 at 224 and
32 pixels on batches that lie in the device's memory and through Quarry from pixels
in the host's, in turns, and says how much of the copying was done while the device
computed. Traces of it are left below the build folder.

    python3 benchmarks/pipeline/run_gpu.py [--quick] [--device cpu]
"""
import json
import pathlib
import shutil
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import common  # noqa: E402
import networks  # noqa: E402
from contenders import preprocessing  # noqa: E402

SIDES = (224, 32)
SAMPLES = {224: 20480, 32: 102400}


def arguments():
    parser = common.arguments(__doc__, rounds=3, quick="256 samples, 1 round")
    networks.add_flags(parser)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--precision", default="fp32", help="fp32 or bf16")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--threads", type=int, default=common.CORES)
    parser.add_argument("--executors", type=int, default=0,
                        help="default: as the model has it")
    options = parser.parse_args()
    if not options.models:
        options.data = options.data or common.cifar(options.build)
    if options.quick:
        options.rounds = 1
    return options


def network_of(options, side):
    """ResNet-18 for images of so many pixels; its weights do not depend on them."""
    file = networks.file_of(options, "resnet18")
    card = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
    card["input"] |= {"height": side, "width": side}
    copy = options.build.resolve() / "benchmarks" / f"resnet18_{side}.pt"
    shutil.copy(file, copy)
    copy.with_suffix(".json").write_text(json.dumps(card), encoding="utf-8")
    return copy


def spans(events, what):
    """Begin and end of the events that `what` chooses, joined where they meet."""
    joined = []
    for event in sorted(filter(what, events), key=lambda each: each["ts"]):
        begin, end = event["ts"], event["ts"] + event["dur"]
        if joined and begin <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], end)
        else:
            joined.append([begin, end])
    return joined


def length(parts):
    return sum(end - begin for begin, end in parts)


def common_length(one, other):
    both, i, j = 0.0, 0, 0
    while i < len(one) and j < len(other):
        both += max(0.0, min(one[i][1], other[j][1]) - max(one[i][0], other[j][0]))
        if one[i][1] < other[j][1]:
            i += 1
        else:
            j += 1
    return both


def overlap(trace):
    """Of a trace of libtorch's profiler: seconds of copies to the device, those
    of them in which it computed, and seconds in which it computed."""
    events = json.loads(trace.read_text(encoding="utf-8"))["traceEvents"]
    events = [each for each in events if each.get("ph") == "X"]
    copies = spans(events, lambda each: each.get("cat") == "gpu_memcpy"
                   and "HtoD" in each["name"])
    kernels = spans(events, lambda each: each.get("cat") == "kernel")
    return tuple(parts / 1e6 for parts in (
        length(copies), common_length(copies, kernels), length(kernels)))


def rates(options, side):
    """Samples a second: {contender: [of each round]}."""
    network = network_of(options, side)
    samples = 256 if options.quick else SAMPLES[side]
    programs = options.build / "benchmarks"
    flags = ["--model", network, "--device", options.device, "--batch",
             options.batch, "--samples", samples, "--precision", options.precision]

    def rate(command):
        done = common.run(command)
        return done["samples"] / done["seconds"]

    def bare(threads):
        return rate([programs / "bench_pipeline_limit_bare_inference", *flags,
                     "--threads", threads, *preprocessing(network)])

    def quarry(*more):
        return rate([programs / "bench_pipeline_quarry_torch", *flags,
                     "--threads", options.threads, "--executors",
                     options.executors, *more])

    turns = common.take_turns({"bare, 1 thread": lambda: bare(1),
                               "bare, 2 threads": lambda: bare(2),
                               "quarry": quarry},
                              options.rounds, "{:,.0f}/s".format)
    trace = programs / f"gpu_{side}.json"
    quarry("--device-trace", trace, "--trace", programs / f"stages_{side}.json")
    return turns, trace


def main():
    options = arguments()
    tests = options.build / "tests" / "quarry_torch_tests"
    if tests.exists():
        print(common.output([tests, "[gpu]"]), file=sys.stderr)
    rows = []
    for side in SIDES:
        turns, trace = rates(options, side)
        median = {name: statistics.median(each) for name, each in turns.items()}
        best = max(median[name] for name in median if name != "quarry")
        copied, hidden, computed = overlap(trace)
        rows.append((side, *(f"{median[name]:,.0f} ({min(each):,.0f} – "
                             f"{max(each):,.0f})" for name, each in turns.items()),
                     f"{median['quarry'] / best:.2f}", f"{computed:.3f} s",
                     f"{copied:.3f} s",
                     f"{hidden / copied:.0%}" if copied else "none"))
    print(common.table(["pixels", "bare, 1 thread, samples/s",
                        "bare, 2 threads, samples/s", "quarry, samples/s", "ratio",
                        "computing", "copying to the device",
                        "of which while it computed"], rows))


if __name__ == "__main__":
    main()
