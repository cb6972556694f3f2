#!/usr/bin/env python3
"""How many multiply-adds a second a tuned sgemm does here: NumPy's BLAS, on
products of the shape a selection needs. Prints a line of JSON.

    limit_sgemm.py [--rows 40000] [--width 512] [--columns 1024] [--threads 2]
"""
import argparse
import json
import os
import time


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=40000)
    parser.add_argument("--width", type=int, default=512)
    parser.add_argument("--columns", type=int, default=1024)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    os.environ["OPENBLAS_NUM_THREADS"] = str(options.threads)
    import numpy  # after the threads: it reads them once

    random = numpy.random.default_rng(1)
    x = random.standard_normal((options.rows, options.width), numpy.float32)
    y = random.standard_normal((options.columns, options.width), numpy.float32)
    out = numpy.empty((options.rows, options.columns), numpy.float32)
    best = float("inf")
    for _ in range(options.rounds):
        begin = time.perf_counter()
        numpy.matmul(x, y.T, out=out)
        best = min(best, time.perf_counter() - begin)
    flops = 2 * options.rows * options.columns * options.width
    print(json.dumps({"contender": "limit_sgemm", "rate": flops / best}))


if __name__ == "__main__":
    main()
