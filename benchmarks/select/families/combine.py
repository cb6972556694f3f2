"""What margin picks, of classes, and now and then not; and what
facility_location picks in parts of the pool."""
from case import Case, all_pairs, probabilities

PARTS = 10


def pairs_of_parts(rows, budget, width, labelled):
    """FLOPs: every row with every other of its part."""
    return PARTS * all_pairs(rows // PARTS, budget, width, labelled)


CASES = [
    *(Case(name, "log", probabilities, rows=1_000_000, budget=10_000, width=1,
           labelled=0)
      for name in ("class_balanced", "epsilon_greedy")),
    # facility_location takes ten times the products without.
    Case("partitioned", "sgemm", pairs_of_parts, budget=1000, labelled=0,
         params=("strategy=facility_location", f"parts={PARTS}")),
]
