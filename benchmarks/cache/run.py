#!/usr/bin/env python3
"""What does a run cost whose predictions are kept?

Runs `quarry select` as a user would, whole processes: without a cache, cold (all
is computed and kept), warm (all is kept), after one image has changed, and
under another last layer, when the embeddings are kept. All must pick what a run
without a cache picks. Prints the medians and their ratios as JSON and as a
Markdown table.

    python3 benchmarks/cache/run.py --model FILE.pt [--data FOLDER] [--quick]

The images are copied, so that one can be changed.
"""
import array
import json
import pathlib
import shutil
import sys
import tempfile
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import common  # noqa: E402


def arguments():
    parser = common.arguments(__doc__, rounds=3, quick="one round",
                              records=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", help="a folder of JPEGs; default: CIFAR-10")
    parser.add_argument("--threads", type=int, default=common.CORES)
    options = parser.parse_args()
    if options.quick:
        options.rounds = 1
    return options


class Bench:
    def __init__(self, options, folder):
        self.quarry = options.build / "quarry"
        self.options = options
        self.pool = folder / "pool"
        self.workspace = folder / "workspace"
        self.picks = {}  # by model
        self.model = pathlib.Path(options.model)
        self.other = folder / "other.pt"
        write_with_another_head(self.model, self.other)
        shutil.copytree(options.data or common.cifar(options.build), self.pool)
        self.images = sorted(path for path in self.pool.rglob("*") if path.is_file())

    def select(self, cache="on", model=None):
        """Seconds; the picks must be those of the model's first run."""
        model = model or self.model
        seconds, document = common.timed(
            [self.quarry, "select", "--data", self.pool, "--model",
             model, "--strategy", "margin", "--budget", "100",
             "--threads", self.options.threads, "--workspace", self.workspace,
             "--cache", cache, "--quiet", "--json"])
        if document["picks"] != self.picks.setdefault(model, document["picks"]):
            sys.exit("the picks differ")
        return seconds

    def cold(self):
        shutil.rmtree(self.workspace, ignore_errors=True)
        return self.select()

    def another_head(self):
        if self.other not in self.picks:
            self.select("off", self.other)
        return self.select(model=self.other)

    def one_changed(self):
        """With a comment in the last image, a JPEG: the pixels are the same, and
        so are the picks."""
        last = self.images[-1]
        before = last.read_bytes()
        assert before[:2] == b"\xff\xd8", f"{last} is no JPEG"
        last.write_bytes(before[:2] + b"\xff\xfe\x00\x03x" + before[2:])
        seconds = self.select()
        last.write_bytes(before)
        return seconds


def write_with_another_head(model, to):
    """A copy of a TorchScript file, and its card, with other numbers in its last
    layer: the last tensor of D numbers a class."""
    card = model.with_suffix(".json")
    shutil.copy(card, to.with_suffix(".json"))
    classes = len(json.loads(card.read_text(encoding="utf-8"))["classes"])
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
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(options, pathlib.Path(folder))
        times = common.take_turns({
            "without a cache": lambda: bench.select("off"),
            "cold": bench.cold,
            "warm": bench.select,
            "one image changed": bench.one_changed,
            "another last layer": bench.another_head}, options.rounds)
    common.report_times(times, "cold", "times as fast as cold",
                        lambda cold, seconds: cold / seconds,
                        HERE / "README.md" if options.record else None)


if __name__ == "__main__":
    main()
