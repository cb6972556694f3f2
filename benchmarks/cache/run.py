#!/usr/bin/env python3
"""What does a run cost whose predictions are kept?

Runs `quarry select` as a user would, whole processes: without a cache, cold (all
is computed and kept), warm (all is kept), after one image has changed, and
under another last layer, when the embeddings are kept. All must pick what a run
without a cache picks. Prints the medians and their ratios
as JSON and as a Markdown table.

    python3 benchmarks/cache/run.py --build build/release --data FOLDER --model FILE.pt

The images are copied, so that one can be changed.
"""
import argparse
import array
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", required=True, help="a folder of images")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="one round")
    options = parser.parse_args()
    if options.quick:
        options.rounds = 1
    return options


class Bench:
    def __init__(self, options, folder):
        self.quarry = (ROOT / options.build).resolve() / "quarry"
        self.options = options
        self.pool = folder / "pool"
        self.workspace = folder / "workspace"
        shutil.copytree(options.data, self.pool)
        self.images = sorted(path for path in self.pool.rglob("*") if path.is_file())

        self.model = pathlib.Path(options.model)
        self.other = folder / "other.pt"
        write_with_another_head(self.model, self.other)

    def select(self, cache="on", model=None):
        """(seconds, picks, what became of the predictions)"""
        command = [self.quarry, "select", "--data", self.pool, "--model",
                   model or self.model, "--strategy", "margin", "--budget", "100",
                   "--threads", self.options.threads, "--workspace", self.workspace,
                   "--cache", cache, "--quiet", "--json"]
        begin = time.monotonic()
        done = subprocess.run([str(part) for part in command], text=True,
                              stdout=subprocess.PIPE, check=False)
        seconds = time.monotonic() - begin
        if done.returncode != 0:
            sys.exit(f"quarry ended with {done.returncode}")
        document = json.loads(done.stdout)
        return seconds, document["picks"], document["predictions"]

    def change_one(self):
        """Puts a comment into the last image, a JPEG."""
        last = self.images[-1]
        before = last.read_bytes()
        assert before[:2] == b"\xff\xd8", f"{last} is no JPEG"
        last.write_bytes(before[:2] + b"\xff\xfe\x00\x03x" + before[2:])
        return lambda: last.write_bytes(before)


def write_with_another_head(model, to):
    """A copy of a TorchScript file, and its card, with other numbers in its last
    layer: the last tensor of D numbers a class."""
    card = model.with_suffix(".json")
    shutil.copy(card, to.with_suffix(".json"))
    classes = len(json.loads(card.read_text())["classes"])
    with zipfile.ZipFile(model) as old, zipfile.ZipFile(to, "w") as new:
        tensors = {name: old.getinfo(name).file_size // 4 for name in old.namelist()
                   if "/data/" in name and not name.endswith("/")}
        last = max((name for name, size in tensors.items()
                    if size > classes and size % classes == 0),
                   key=lambda name: int(name.rsplit("/", 1)[1]))
        for name in old.namelist():
            data = old.read(name)
            if name == last:
                numbers = array.array("f", data)
                numbers.reverse()
                data = numbers.tobytes()
            new.writestr(name, data)


def main():
    options = arguments()
    times = {"without a cache": [], "cold": [], "warm": [], "one image changed": [],
             "another last layer": []}
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(options, pathlib.Path(folder))
        for turn in range(options.rounds):
            shutil.rmtree(bench.workspace, ignore_errors=True)

            def take(name, cache="on", model=None):
                seconds, picks, kept = bench.select(cache, model)
                times[name].append(seconds)
                print(f"round {turn + 1}: {name} {seconds:.2f} s, {kept}",
                      file=sys.stderr)
                return picks

            without = take("without a cache", "off")
            if take("cold") != without or take("warm") != without:
                sys.exit("the picks differ")
            restore = bench.change_one()
            # The pixels are the same, and so are the picks.
            if take("one image changed") != without:
                sys.exit("the picks differ")
            restore()
            other = take("another last layer", model=bench.other)
            if turn == 0 and other != bench.select("off", bench.other)[1]:
                sys.exit("the picks differ under another last layer")
    median = {name: statistics.median(values) for name, values in times.items()}
    cold = median["cold"]
    print(json.dumps({"seconds": times, "median": median,
                      "faster than cold": {n: cold / m for n, m in median.items()}}))
    print("\n| | seconds (median) | lowest – highest | times as fast as cold |"
          "\n|---|---|---|---|")
    for name, values in times.items():
        print(f"| {name} | {median[name]:.2f} | {min(values):.2f} – "
              f"{max(values):.2f} | {cold / median[name]:.1f} |")


if __name__ == "__main__":
    main()
