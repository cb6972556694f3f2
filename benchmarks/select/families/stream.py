"""Rows one after the other, as they come by."""
from case import Case, probabilities

CASES = [
    Case(name, "log", probabilities, rows=1_000_000, budget=200_000, width=1,
         labelled=0)
    for name in ("fixed_uncertainty", "variable_uncertainty", "split")
]
