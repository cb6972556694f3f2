"""Embeddings are compared with what is labelled or picked."""
from case import Case, centres, drawn


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
    Case("core_set", "sgemm", centres, rows=5000, budget=500, labelled=0),
    Case("k_means", "sgemm", drawn, rows=5000, budget=500, labelled=0),
    Case("lightweight_coreset", "sgemm", from_mean, budget=1000, labelled=0),
    Case("typiclust", "sgemm", typical, budget=1000, labelled=0),
]
