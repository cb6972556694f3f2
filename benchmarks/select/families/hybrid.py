"""Embeddings and probabilities together."""
from case import CLASSES, Case


def gradients(rows, budget, width, labelled):
    """FLOPs: both factors of every gradient with those of every pick."""
    return 2 * (width + CLASSES) * (rows - labelled) * budget


CASES = [
    Case("badge", "sgemm", gradients),
    Case("badge", "sgemm", gradients, rows=5000, budget=500, labelled=0),
]
