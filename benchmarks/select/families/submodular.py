"""Set functions of similarities."""
from case import Case, all_pairs, centres

CASES = [
    Case("facility_location", "sgemm", all_pairs, budget=1000, labelled=0),
    Case("facility_location", "sgemm", all_pairs, budget=1000),
    Case("facility_location", "sgemm", all_pairs, rows=5000, budget=500,
         labelled=0),
    Case("facility_location", "sgemm", all_pairs, budget=1000, labelled=0,
         params=("neighbours=100",)),
    Case("graph_cut", "sgemm", all_pairs, rows=5000, budget=500, labelled=0),
    Case("log_det", "sgemm", centres, rows=5000, budget=500, labelled=0),
    Case("disparity_min", "sgemm", centres, rows=5000, budget=500, labelled=0),
    Case("disparity_sum", "sgemm", centres, rows=5000, budget=500, labelled=0),
]
