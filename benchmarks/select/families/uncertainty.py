"""Scores of one row of probabilities each: a logarithm of each value."""
from case import CLASSES, Case, probabilities


def costs(rows, budget, width, labelled):
    """FLOPs: the probabilities of every candidate with every cost."""
    del budget, width
    return 2 * CLASSES * CLASSES * (rows - labelled)


CASES = [
    *(Case(name, "log", probabilities, rows=10_000_000, width=1, labelled=0)
      for name in ("entropy", "least_confidence", "margin", "ratio")),
    Case("expected_cost", "sgemm", costs, rows=1_000_000, width=1, labelled=0,
         product=(40_000, CLASSES, 1024)),
    Case("egl", "log", probabilities, rows=1_000_000, width=16, labelled=0),
]
