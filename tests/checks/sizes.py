#!/usr/bin/env python3
"""Prints how long the headers are; fails over the limits of the house."""

import pathlib
import statistics
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
HEADER_LIMIT = 400
MEDIAN_GUIDE = 150
LIMITS = {"CMakeLists.txt": 150}


def length(path):
    return len(path.read_text(encoding="utf-8").splitlines())


def main():
    failed = []
    headers = sorted(
        (length(p), str(p.relative_to(ROOT)))
        for p in (ROOT / "include").rglob("*.hpp")
    )
    for lines, name in reversed(headers):
        print(f"{lines:5} {name}")
        if lines > HEADER_LIMIT:
            failed.append(f"{name}: {lines} lines, limit {HEADER_LIMIT}")
    if headers:
        median = statistics.median(lines for lines, _ in headers)
        print(f"median {median:g} (guide: {MEDIAN_GUIDE})")
    for name, limit in LIMITS.items():
        lines = length(ROOT / name)
        print(f"{lines:5} {name}")
        if lines > limit:
            failed.append(f"{name}: {lines} lines, limit {limit}")
    print("\n".join(failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
