#!/usr/bin/env python3
"""Writes the test cases of a Catch2 program as CTest's commands.

discover.py PROGRAM LABEL QUARRY_SHARED OUTPUT
"""

import re
import subprocess
import sys


def listing(program, *options):
    done = subprocess.run([program, *options], capture_output=True, text=True)
    return [line for line in done.stdout.splitlines() if line.strip()]


def main():
    program, label, shared, output = sys.argv[1:]
    # Version 2, whose exit status is the number of tests, then version 3.
    names = listing(program, "--list-test-names-only")
    # Version 3 fails by itself when a name matches nothing.
    strict = " --warn NoTests"
    if not names or "Unrecognised token" in "".join(names):
        names = listing(program, "--list-tests", "--verbosity", "quiet")
        strict = ""
    if not names:
        sys.exit(f"{program} lists no tests")
    lines = []
    for name in (name.strip() for name in names):
        test = f"[==[{label}: {name}]==]"
        case = re.sub(r"([\\,\[\]])", r"\\\1", name)
        lines.append(f"add_test({test} [==[{program}]==] [==[{case}]==]{strict})")
        lines.append(
            f"set_tests_properties({test} PROPERTIES LABELS {label} "
            # libtorch's threads wait for each other busily, which is no good
            # where others want the cores.
            f"ENVIRONMENT [==[QUARRY_SHARED={shared};OMP_WAIT_POLICY=passive]==] "
            f"SKIP_REGULAR_EXPRESSION [==[skipped: ]==])"
        )
    with open(output, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
