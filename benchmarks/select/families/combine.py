"""What margin picks, of parts of the pool, of classes, and now and then not."""
from case import Case, probabilities

CASES = [
    Case(name, "log", probabilities, rows=1_000_000, budget=10_000, width=1,
         labelled=0)
    for name in ("class_balanced", "epsilon_greedy", "partitioned")
]
