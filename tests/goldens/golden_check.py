#!/usr/bin/env python3
"""Holds golden_runner against the golden cases that are no selections.

    golden_check.py GOLDEN_RUNNER

Ends with 77, which CTest calls skipped, without the shared data or numpy.
"""

import json
import os
import pathlib
import re
import subprocess
import sys

# What check.py can judge, without the answers.
CASES = "tfrecord,tf_example,prob_cover_delta,exp4p,learning_curve"
SHARED = pathlib.Path(os.environ.get("QUARRY_SHARED") or "../shared")
GOLDENS = SHARED / "goldens"


def skip(why):
    print(f"SKIPPED: {why}")
    sys.exit(77)


def check_cases(runner):
    done = subprocess.run(
        [sys.executable, GOLDENS / "check.py", "--root", GOLDENS,
         "--only", CASES, "--other", f"{runner} {{case}}"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    print(done.stdout, end="")
    last = done.stdout.splitlines()[-1] if done.stdout else ""
    return done.returncode == 0 and re.match(r"[1-9]\d* passed, 0 failed", last)


def check_signatures(runner):
    """The requests to sign stand beside their signatures in the case."""
    file = GOLDENS / "cases" / "sigv4_s3" / "case.json"
    wanted = json.loads(file.read_text())["expected"]["requests"]
    done = subprocess.run([runner, file], stdout=subprocess.PIPE, check=True)
    given = json.loads(done.stdout)["requests"]
    keys = ("signature", "authorization")
    good = given == [{key: request[key] for key in keys} for request in wanted]
    print("PASS" if good else "FAIL", f"sigv4: {len(wanted)} requests")
    return good and len(wanted) > 5


def main(runner):
    runner = os.path.abspath(runner)
    if not (GOLDENS / "check.py").exists():
        skip(f"there are no goldens at {GOLDENS}")
    try:
        import numpy  # noqa: F401, which check.py needs
    except ImportError:
        skip("numpy is not installed")
    results = [check_cases(runner), check_signatures(runner)]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
