"""The norms that attacks on a model found are there: what is left is to read
one a candidate and keep the best."""
from case import Case, rows_once

CASES = [
    Case(name, "log", rows_once, rows=1_000_000, width=1, labelled=0)
    for name in ("deep_fool", "bim")
]
