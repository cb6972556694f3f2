"""Each row of the pool is compared with all others."""
from case import Case, all_pairs

CASES = [
    Case("max_herding", "sgemm", all_pairs, budget=1000, labelled=0),
    Case("max_herding", "sgemm", all_pairs, budget=1000),
    Case("uncertainty_herding", "sgemm", all_pairs, budget=1000, labelled=0),
    Case("information_density", "sgemm", all_pairs, rows=5000, budget=500,
         labelled=0),
    Case("graph_density", "sgemm", all_pairs, rows=5000, budget=500,
         labelled=0),
    Case("dcom", "sgemm", all_pairs, rows=5000, budget=500, labelled=100),
    Case("prob_cover", "sgemm", all_pairs, budget=1000, labelled=0,
         params=("delta=0.95",)),
]
