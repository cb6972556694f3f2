"""A pool of ten Gaussian classes, and what a model says of it.

    draw.py FOLDER ROWS WIDTH LABELLED
"""
import pathlib
import sys

import numpy

CLASSES = 10


def main():
    folder = pathlib.Path(sys.argv[1])
    rows, width, labelled = map(int, sys.argv[2:])
    random = numpy.random.default_rng(1)
    means = random.standard_normal((CLASSES, width), dtype=numpy.float32)
    h = means[random.integers(CLASSES, size=rows)]
    h += random.standard_normal(h.shape, dtype=numpy.float32)
    p = numpy.exp(2 * random.standard_normal((rows, CLASSES)))
    p /= p.sum(axis=1, keepdims=True)
    numpy.save(folder / "embeddings.npy", h)
    numpy.save(folder / "probabilities.npy", p.astype(numpy.float32))
    numpy.save(folder / "labelled.npy", numpy.arange(labelled))


if __name__ == "__main__":
    main()
