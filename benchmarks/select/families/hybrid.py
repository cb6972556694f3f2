"""Embeddings and probabilities together."""
from case import CLASSES, Case, all_pairs, centres, drawn


def gradients(rows, budget, width, labelled):
    """FLOPs: both factors of every gradient with those of every pick."""
    return 2 * (width + CLASSES) * (rows - labelled) * budget


def labelled_only(rows, budget, width, labelled):
    """FLOPs: every candidate with every labelled row."""
    del budget
    return 2 * width * (rows - labelled) * labelled


def divergences(rows, budget, width, labelled):
    """Values: the classes of every candidate and every pick."""
    del width
    return CLASSES * (rows - labelled) * (labelled + budget)


def fisher(rows, budget, width, labelled):
    """FLOPs: the Fisher information of every row."""
    del budget, labelled
    return 2 * rows * (width * CLASSES) ** 2


def chosen(rows, budget, width, labelled):
    """FLOPs: every candidate of five times the budget with every other."""
    del rows, labelled
    return 2 * width * (5 * budget) ** 2


def fits(rows, budget, width, labelled):
    """FLOPs: of each evaluation of a loss and its gradient the products of the
    matrix of all rows with the weights, and of its transpose with what is left
    to explain."""
    del budget, labelled
    return EVALUATIONS * 2 * 2 * width * rows


def refits(rows, budget, width, labelled):
    """FLOPs: the loss of every row after each of 20 rows had each label."""
    del budget
    return 20 * CLASSES * 2 * width * CLASSES * (rows - labelled)


# That L-BFGS takes in the ten fits of the case below until no element of a
# gradient is above 1e-8, where it remembers 64 steps; counted once, the same
# on every machine.
EVALUATIONS = 697
SMALL = {"rows": 5000, "budget": 500, "labelled": 100}
CASES = [
    Case("badge", "sgemm", gradients),
    Case("badge", "sgemm", gradients, rows=5000, budget=500, labelled=0),
    Case("badge", "sgemm", gradients, rows=1_000_000, width=128),
    *(Case(name, "sgemm", drawn, **SMALL)
      for name in ("dbal", "clue", "alfa_mix", "drop_query")),
    Case("cluster_margin", "sgemm", all_pairs, **SMALL),
    Case("cal", "sgemm", labelled_only, **SMALL),
    Case("cdal", "log", divergences, **SMALL),
    Case("falcun", "log", divergences, **SMALL),
    Case("ranked_batch", "sgemm", centres, **SMALL),
    Case("fass", "sgemm", chosen, **SMALL),
    # Products of a matrix with a vector.
    Case("discriminative", "sgemm", fits, **SMALL, product=(5000, 512, 1)),
    Case("bait", "sgemm", fisher, rows=1000, budget=20, width=16, labelled=100,
         product=(40_000, 16 * CLASSES, 1024)),
    Case("expected_error_reduction", "sgemm", refits, rows=1000, budget=10,
         width=32, labelled=100, params=("candidates=20",)),
]
