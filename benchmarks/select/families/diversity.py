"""Embeddings are compared with what is labelled or picked."""
from case import Case, centres


def typical(rows, budget, width, labelled):
    """FLOPs: every row with every centroid twice, when they are drawn and when
    no row leaves its own any more, and with its cluster."""
    clusters = min(labelled + budget, 500)
    return 2 * width * rows * (2 * clusters + rows // clusters)


CASES = [
    Case("k_center", "sgemm", centres),
    Case("k_center", "sgemm", centres, rows=5000, budget=500, labelled=0),
    Case("typiclust", "sgemm", typical, budget=1000, labelled=0),
]
