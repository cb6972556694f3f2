"""What the benchmarks' run.py share."""
import argparse
import datetime
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tarfile
import time

import chart

ROOT = pathlib.Path(__file__).resolve().parents[1]
CORES = len(os.sched_getaffinity(0))


def arguments(doc, rounds, quick, records=False):
    """A parser with the flags of every benchmark; --quick is `quick`. One that
    `records` can put what it measures into its README.md."""
    parser = argparse.ArgumentParser(description=doc.split("\n", maxsplit=1)[0])
    parser.add_argument("--build", default=ROOT / "build" / "release",
                        type=pathlib.Path, help="default: build/release")
    parser.add_argument("--rounds", type=int, default=rounds,
                        help=f"default: {rounds}")
    parser.add_argument("--quick", action="store_true",
                        help=f"{quick}: does it work?")
    if records:
        parser.add_argument("--record", action="store_true",
                            help="put table and chart into README.md")
    return parser


def output(command):
    """What a program prints."""
    done = subprocess.run([str(part) for part in command], text=True,
                          stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        sys.exit(f"{command[0]} ended with {done.returncode}")
    return done.stdout


def run(command):
    """The JSON that a program prints as its last line."""
    return json.loads(output(command).splitlines()[-1])


def timed(command):
    """Seconds of a whole process, and the JSON document that it prints."""
    begin = time.monotonic()
    text = output(command)
    return time.monotonic() - begin, json.loads(text)


def take_turns(contenders, rounds, show="{:.2f}".format):
    """Calls each of `contenders`, {name: function}, in turns: {name: [value]}."""
    values = {name: [] for name in contenders}
    for turn in range(rounds):
        for name, contender in contenders.items():
            values[name].append(contender())
            print(f"round {turn + 1}: {name} {show(values[name][-1])}",
                  file=sys.stderr, flush=True)
    return values


def table(header, rows):
    """A table in Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def report_times(times, reference, title, ratio, page=None):
    """Prints {name: [seconds]} as JSON and as a table, with `ratio` of the
    medians of `reference` and of each under `title`. With a `page`, a README.md,
    the table goes there, and a chart beside it."""
    median = {name: statistics.median(values) for name, values in times.items()}
    ratios = {name: ratio(median[reference], m) for name, m in median.items()}
    print(json.dumps({"seconds": times, "median": median, title: ratios}))
    rows = [(name, f"{median[name]:.2f}",
             f"{min(values):.2f} – {max(values):.2f}", f"{ratios[name]:.2f}")
            for name, values in times.items()]
    text = table(["", "seconds (median)", "lowest – highest", title], rows)
    print("\n" + text)
    if page:
        rounds = len(times[reference])
        record(page, "measured", f"{datetime.date.today()}, {machine()}; medians "
               f"of {rounds} rounds:\n\n{text}\n\n![seconds](chart.svg)")
        page.with_name("chart.svg").write_text(
            chart.draw_bars({"": median}, "s"), encoding="utf-8")


def record(readme, name, text):
    """Puts `text` between the marks `name` of a page."""
    page = readme.read_text(encoding="utf-8")
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    head, rest = page.split(begin)
    readme.write_text(head + begin + text + "\n" + end + rest.split(end)[1],
                      encoding="utf-8")


def machine():
    """In words."""
    try:
        text = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
        names = [line.split(":", 1)[1].strip() for line in text.splitlines()
                 if line.startswith("model name")]
        return f"{CORES} cores of {names[0]}"
    except (OSError, IndexError):
        return f"{CORES} cores of {platform.machine()}"


def has_bf16():
    """Without instructions for it bf16 is a hundred times slower than fp32."""
    try:
        words = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
    except OSError:
        return False
    return not {"avx512_bf16", "bf16"}.isdisjoint(words)


def shared():
    """The folder of data and models that the tests use, too."""
    place = pathlib.Path(os.environ.get("QUARRY_SHARED", ROOT.parent / "shared"))
    if not place.is_dir():
        sys.exit(f"there is no {place}: set QUARRY_SHARED")
    return place


def cifar(build, part="test"):
    """A folder of CIFAR-10's images as JPEGs, unpacked below `build` once: 10,000
    of "test", 50,000 of "train", or both of ""."""
    place = build.resolve() / "benchmarks" / "cifar10-jpeg"
    if not (place / ".all").exists():
        archive = shared() / "data" / "cifar10-jpeg.tar.gz"
        print(f"unpacking {archive}", file=sys.stderr)
        with tarfile.open(archive) as tar:
            for member in tar:
                parts = pathlib.PurePath(member.name).parts
                if member.isfile() and ".." not in parts:
                    member.name = "/".join(parts[-3:])
                    tar.extract(member, place)
        (place / ".all").touch()
    return place / part
