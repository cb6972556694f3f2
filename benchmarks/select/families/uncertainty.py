"""Scores of one row of probabilities each: a logarithm of each value."""
from case import Case, probabilities

CASES = [
    Case(name, "log", probabilities, rows=10_000_000, width=1, labelled=0)
    for name in ("entropy", "least_confidence", "margin", "ratio")
]
