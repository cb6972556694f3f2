"""Passes: each probability of each of them is read, and for most a logarithm
taken."""
import functools

from case import CLASSES, TARGETS, Case, passes

SIZE = {"rows": 100_000, "budget": 1000, "width": 1, "labelled": 0}
MANY = 20  # passes


def with_targets(rows, budget, width, labelled):
    """Values: the joint probabilities of labels with those of each target."""
    del budget, width
    return CLASSES * CLASSES * TARGETS * (rows - labelled)


CASES = [
    *(Case(name, "log", passes, **SIZE)
      for name in ("mc_least_confidence", "mc_margin", "mc_entropy",
                   "consensus_entropy", "variation_ratio", "mean_std", "bald",
                   "power_bald", "softmax_bald", "softrank_bald")),
    Case("batch_bald", "log", passes, rows=10_000, budget=10, width=1,
         labelled=0),
    Case("batch_bald", "log", functools.partial(passes, count=MANY),
         rows=10_000, budget=50, width=1, labelled=0,
         flags=("--passes", MANY)),
    Case("epig", "log", with_targets, rows=2000, budget=100, width=1,
         labelled=0),
]
