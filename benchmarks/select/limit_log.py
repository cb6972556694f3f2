#!/usr/bin/env python3
"""How many values a second a loop reads and takes a vector logarithm of: NumPy,
in float32, on one thread. Prints a line of JSON.

    limit_log.py [--values 10000000]
"""
import argparse
import json
import time

import numpy


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--values", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    x = numpy.random.default_rng(1).random(options.values, numpy.float32)
    numpy.subtract(1, x, out=x)  # above 0
    out = numpy.empty(1 << 14, numpy.float32)  # stays in the cache
    best = float("inf")
    for _ in range(options.rounds):
        begin = time.perf_counter()
        for first in range(0, len(x), len(out)):
            part = x[first:first + len(out)]
            numpy.log(part, out=out[:len(part)])
        best = min(best, time.perf_counter() - begin)
    print(json.dumps({"contender": "limit_log", "rate": len(x) / best}))


if __name__ == "__main__":
    main()
