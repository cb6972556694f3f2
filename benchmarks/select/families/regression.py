"""Inputs and outputs of regressors are compared with what is labelled or
picked."""
from case import OUTPUTS, Case, centres


def members(rows, budget, width, labelled):
    """Values: what each member predicts."""
    del budget, width
    return OUTPUTS * (rows - labelled)


def outputs(rows, budget, width, labelled):
    """FLOPs: the outputs of every candidate with those of every labelled or
    picked row."""
    del width
    return centres(rows, budget, OUTPUTS, labelled)


CASES = [
    Case("gsx", "sgemm", centres),
    Case("gsy", "sgemm", outputs, rows=5000, budget=500, labelled=100,
         product=(40_000, OUTPUTS, 1024)),
    Case("igs", "sgemm", centres, rows=5000, budget=500, labelled=100),
    Case("committee_std", "log", members, rows=1_000_000, width=1, labelled=0),
]
