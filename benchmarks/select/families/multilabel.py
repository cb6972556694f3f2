"""Scores of one row of label probabilities each."""
from case import Case, probabilities

CASES = [
    Case(name, "log", probabilities, rows=1_000_000, budget=10_000, width=1,
         labelled=0)
    for name in ("multilabel_min_confidence", "multilabel_mean_margin")
]
