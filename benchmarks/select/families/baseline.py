"""A random order: one number a row."""
from case import Case, rows_once

CASES = [
    Case("random", "log", rows_once, rows=10_000_000, budget=10_000, width=1,
         labelled=0),
]
