#!/usr/bin/env python3
"""No strategy is in the registry without a page, a benchmark, and a test that
finds a slip in it.

Of each name that `quarry list strategies` prints there must be

* its row or heading in a page of docs/reference/strategies,
* a case in benchmarks/select/families,
* a slip in mutations.py (a sign, a term), whose tests must find it.

    zoo.py [--quarry PROGRAM]       pages, benchmarks, slips that still fit
    zoo.py --mutate [NAME…]         makes each slip in a copy of the tree, builds
                                    it, and runs its tests, which must fail

The copy is build/zoo; the program is $QUARRY, or the newest in build/.
"""
import argparse
import importlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
COPY = ROOT / "build" / "zoo"
sys.path.insert(0, str(ROOT / "benchmarks" / "select"))
from mutations import MUTATIONS  # noqa: E402


def program():
    """The program quarry that was built last."""
    built = [path for path in (ROOT / "build").glob("*/quarry")
             if path.is_file()]
    if not built:
        sys.exit("zoo.py: no program quarry is built: name one with --quarry")
    return max(built, key=lambda path: path.stat().st_mtime)


def registered(quarry):
    done = subprocess.run([quarry, "list", "strategies", "--json"], check=True,
                          stdout=subprocess.PIPE, text=True)
    return [one["name"] for one in json.loads(done.stdout)["strategies"]]


def documented():
    """Names in a heading, or in the first cell of a row."""
    names = set()
    for page in (ROOT / "docs/reference/strategies").glob("*.md"):
        for line in page.read_text(encoding="utf-8").splitlines():
            place = line if line.startswith("#") else line[1:].split("|")[0]
            if line.startswith(("#", "|")):
                names.update(re.findall(r"`(\w+)`", place))
    return names


def measured():
    names = set()
    for family in (ROOT / "benchmarks/select/families").glob("[!_]*.py"):
        cases = importlib.import_module(f"families.{family.stem}").CASES
        names.update(case.strategy for case in cases)
    return names


def slips():
    return {name for mutation in MUTATIONS
            for name in mutation.strategies.split()}


def complaints(quarry):
    """What is missing, a line each."""
    names = registered(quarry)
    for what, have in (("no page in docs/reference/strategies", documented()),
                       ("no case in benchmarks/select/families", measured()),
                       ("no slip in tests/checks/mutations.py", slips())):
        for name in names:
            if name not in have:
                yield f"{name} has {what}"
    for name in sorted(slips() - set(names)):
        yield f"{name}, of tests/checks/mutations.py, is no strategy"
    tests = "".join(path.read_text(encoding="utf-8")
                    for path in (ROOT / "tests/strategy").rglob("*_test.cpp"))
    for mutation in MUTATIONS:
        count = (ROOT / mutation.file).read_text(
            encoding="utf-8").count(mutation.old)
        if count != 1:
            yield (f"{mutation.strategies}: {mutation.old.strip()!r} is "
                   f"{count} times in {mutation.file}")
        if f"[{mutation.tag}]" not in tests:
            yield f"{mutation.strategies}: no test has the tag {mutation.tag}"


def copy_tree():
    """The tracked files, as they are now; those that are equal stay."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True,
                            stdout=subprocess.PIPE, text=True).stdout
    for name in filter(None, listed.split("\0")):
        source, target = ROOT / name, COPY / name
        if not source.is_file():
            continue
        if target.exists() and target.read_bytes() == source.read_bytes():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)


def build():
    """Whether it compiles."""
    done = subprocess.run(
        ["cmake", "--build", "--preset", "no-torch", "--target",
         "quarry_strategy_tests"], cwd=COPY, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        print(done.stdout[-3000:])
    return done.returncode == 0


def run_tests(tag):
    """What became of them: "passed", "failed" or "not ended"."""
    tests = COPY / "build/no-torch/tests/quarry_strategy_tests"
    try:
        done = subprocess.run([tests, f"[{tag}]"], check=False, timeout=300,
                              stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return "not ended"
    return "failed" if done.returncode else "passed"


def outcome(mutation):
    """What became of a slip."""
    file = COPY / mutation.file
    whole = file.read_text(encoding="utf-8")
    file.write_text(whole.replace(mutation.old, mutation.new),
                    encoding="utf-8")
    try:
        if not build():
            return "does not compile"
        found = {"failed": "found", "passed": "not found"}
        result = run_tests(mutation.tag)
        return found.get(result, result)
    finally:
        file.write_text(whole, encoding="utf-8")


def mutate(names):
    """How many slips were not found."""
    unknown = set(names) - slips()
    if unknown:
        sys.exit("zoo.py: no slip for " + ", ".join(sorted(unknown)))
    chosen = [mutation for mutation in MUTATIONS
              if not names or set(names) & set(mutation.strategies.split())]
    copy_tree()
    os.environ.setdefault("QUARRY_SHARED", str(ROOT.parent / "shared"))
    # Each source alone: a slip compiles that one again, not eight.
    subprocess.run(["cmake", "--preset", "no-torch", "-DQUARRY_UNITY=OFF"],
                   cwd=COPY, check=True, stdout=subprocess.DEVNULL)
    if not build():
        sys.exit("zoo.py: the tree does not build")
    for tag in sorted({mutation.tag for mutation in chosen}):
        if run_tests(tag) != "passed":
            sys.exit(f"zoo.py: the tests [{tag}] fail without a slip")
    failed = 0
    for mutation in chosen:
        result = outcome(mutation)
        failed += result != "found"
        print(f"{mutation.strategies}: {result} by [{mutation.tag}]",
              flush=True)
    print(f"{len(chosen)} slips, {failed} not found")
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quarry", default=os.environ.get("QUARRY"))
    parser.add_argument("--mutate", nargs="*", metavar="NAME")
    options = parser.parse_args()
    if options.mutate is not None:
        return 1 if mutate(options.mutate) else 0
    quarry = options.quarry or program()
    missing = list(complaints(quarry))
    print("\n".join(missing) or
          f"{len(registered(quarry))} strategies have a page, a benchmark and "
          "a slip that is to be found")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
