"""Embeddings are compared with what is labelled or picked."""
from case import Case, all_pairs, centres, drawn


def covered(rows, budget, width, labelled):
    """FLOPs: every candidate with every centre of the greedy cover; then, to
    know what each row covers, every row with every other, once: that each
    radius asks for the same products again does not count."""
    sizes = rows, budget, width, labelled
    return centres(*sizes) + all_pairs(*sizes)


def typical(rows, budget, width, labelled):
    """FLOPs: every row with every centroid twice, when they are drawn and when
    no row leaves its own any more, and with its cluster."""
    clusters = min(labelled + budget, 500)
    return 2 * width * rows * (2 * clusters + rows // clusters)


def from_mean(rows, budget, width, labelled):
    """FLOPs: every candidate with the mean."""
    del budget
    return 2 * width * (rows - labelled)


CASES = [
    Case("k_center", "sgemm", centres),
    Case("k_center", "sgemm", centres, rows=5000, budget=500, labelled=0),
    Case("k_center", "sgemm", centres, rows=1_000_000, width=128),
    # By default 1 in 10,000 rows is an outlier, here none, and core_set is
    # k_center. Each of ten radii needs all pairs in double: of 40,000 rows,
    # which have 64 times as many, some minutes.
    Case("core_set", "sgemm", covered, rows=5000, budget=500, labelled=0,
         params=("outliers=50",)),
    Case("k_means", "sgemm", drawn, rows=5000, budget=500, labelled=0),
    Case("k_means", "sgemm", drawn, labelled=0),
    Case("lightweight_coreset", "sgemm", from_mean, budget=1000, labelled=0,
         product=(40_000, 512, 1)),
    Case("typiclust", "sgemm", typical, budget=1000, labelled=0),
]
