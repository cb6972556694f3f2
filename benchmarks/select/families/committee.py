"""Members: a logarithm of each probability of each of them."""
from case import Case, passes

CASES = [
    Case(name, "log", passes, rows=100_000, budget=1000, width=1, labelled=0)
    for name in ("vote_entropy", "max_disagreement", "kl_qbc")
]
