#!/usr/bin/env python3
"""What do the same selections take other libraries?

    python3 benchmarks/select/run_peers.py --install    # once: 0.7 GB, a venv
    python3 benchmarks/select/run_peers.py [--quick] [--only k_center,…]

Draws pools, of ten Gaussian classes, and gives them to `quarry rank` and to each
library in turns, on one machine in one go; prints a table; --record puts it into
README.md. Seconds of CPU are compared, which depend little on what else the
machine does: of `quarry rank` those of the whole process, which reads arrays and
writes picks, of the others those of the call alone. Who takes more than --patience
is ended.
"""
import dataclasses
import datetime
import json
import pathlib
import resource
import signal
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import common  # noqa: E402
import packages  # noqa: E402

NO_MEMORY = 3  # what pick.py ends with


@dataclasses.dataclass
class Case:
    strategy: str
    rows: int
    budget: int
    width: int
    labelled: int
    peers: tuple
    params: tuple = ()

    def quick(self):
        return dataclasses.replace(self, rows=self.rows // 20,
                                   budget=self.budget // 20,
                                   labelled=self.labelled // 20)


CASES = (
    Case("k_center", 5000, 500, 512, 100, ("cardinal", "alipy", "scikit-activeml")),
    Case("k_center", 40000, 10000, 512, 1000,
         ("cardinal", "alipy", "scikit-activeml")),
    Case("badge", 5000, 500, 512, 0, ("scikit-activeml",)),
    Case("badge", 40000, 10000, 512, 0, ("scikit-activeml",)),
    Case("typiclust", 5000, 50, 512, 0, ("scikit-activeml",)),
    Case("prob_cover", 5000, 500, 512, 0, ("scikit-activeml",)),
    Case("max_herding", 5000, 500, 512, 0, ("scikit-activeml",)),
    Case("facility_location", 5000, 500, 512, 0, ("submodlib", "apricot")),
    Case("falcun", 40000, 1000, 8, 0, ("scikit-activeml",)),
    Case("entropy", 1000000, 10000, 8, 0, ("modAL", "alipy", "scikit-activeml")),
)
ARRAYS = {"embeddings": "--embeddings", "probabilities": "--probs"}
INPUTS = {"entropy": ("probabilities",), "falcun": ("probabilities",),
          "badge": ("embeddings", "probabilities")}  # others: embeddings


def seconds_of_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def quarry(program, case, folder):
    flags = [part for name in INPUTS.get(case.strategy, ("embeddings",))
             for part in (ARRAYS[name], folder / f"{name}.npy")]
    if case.labelled:
        flags += ["--labelled", folder / "labelled.npy"]
    flags += [part for param in case.params for part in ("--param", param)]
    cpu = seconds_of_children()
    _, said = common.timed(
        [program, "rank", "--strategy", case.strategy, "--budget", case.budget,
         "--ties", "index", "--threads", common.CORES, "--quiet", "--json", *flags])
    return {"seconds": said["seconds"]["busy"]["select"],
            "cpu_seconds": seconds_of_children() - cpu,
            "picks": [pick["index"] for pick in said["picks"]]}


def peer(python, library, case, folder, patience):
    """What it says, or how long it took at least; nothing when memory was not
    enough."""
    def limited():
        resource.setrlimit(resource.RLIMIT_CPU, (patience, patience + 1))

    done = subprocess.run(
        [python, "-I", "-W", "ignore", HERE / "peers" / "pick.py", library,
         case.strategy, folder, str(case.budget)],
        stdout=subprocess.PIPE, text=True, check=False, preexec_fn=limited)
    if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        return {"longer_than": patience}
    if done.returncode == NO_MEMORY:
        return {}
    if done.returncode != 0:
        sys.exit(f"{library} ended with {done.returncode}")
    return json.loads(done.stdout.splitlines()[-1])


def lines_of(case, python, program, folder, patience):
    """Rows of the table."""
    common.output([python, "-I", HERE / "peers" / "draw.py", folder, case.rows,
                   case.width, case.labelled])
    size = f"{case.rows:,} → {case.budget:,}, {case.width}, {case.labelled:,}"
    for library in case.peers:
        own = quarry(program, case, folder)
        other = peer(python, library, case, folder, patience)
        mine = (f"`{case.strategy}`", size, f"{own['seconds']:.3f}",
                f"{own['cpu_seconds']:.2f}", library)
        if "picks" not in other:
            least = other.get("longer_than")
            yield (*mine, "", f"> {least}" if least else "out of memory",
                   f"> {least / own['cpu_seconds']:,.0f} ×" if least else "", "")
            continue
        times = other["cpu_seconds"] / own["cpu_seconds"]
        same = len(set(own["picks"]) & set(other["picks"]))
        yield (*mine, f"{other['seconds']:.2f}", f"{other['cpu_seconds']:.2f}",
               f"{times:,.1f} ×", f"{100 * same / case.budget:.0f} %")


def main():
    parser = common.arguments(__doc__, rounds=1,
                              quick="a twentieth of the size", records=True)
    packages.add_flags(parser, "select-peers")
    parser.add_argument("--only", default="", help="of these strategies alone")
    parser.add_argument("--patience", type=int, default=600,
                        help="seconds of CPU for a selection; default: %(default)s")
    options = parser.parse_args()
    python, versions = packages.ready(options, HERE / "peers" / "requirements.txt")
    only = set(filter(None, options.only.split(",")))
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for case in CASES:
            if only and case.strategy not in only:
                continue
            for row in lines_of(case.quick() if options.quick else case, python,
                                options.build / "quarry", pathlib.Path(folder),
                                options.patience):
                print(*row, file=sys.stderr, flush=True)
                rows.append(row)
    text = (f"{datetime.date.today()}, {common.machine()}; {versions}:\n\n" +
            common.table(["strategy", "N → b, D, labelled", "quarry selects, s",
                          "its process, CPU s", "library", "s", "CPU s",
                          "times quarry's", "same picks"], rows))
    if options.record:
        common.record(HERE / "README.md", "peers", text)
    print(text)


if __name__ == "__main__":
    main()
