"""quarry rank against answers computed by other people's code."""

import os
import subprocess
import sys
import unittest

from _quarry import QUARRY, SHARED, main, skip

STRATEGIES = (
    "random,least_confidence,margin,ratio,entropy,k_center,"
    "mc_entropy,consensus_entropy,variation_ratio,mean_std,bald,"
    "vote_entropy,max_disagreement,kl_qbc,expected_cost,epig,"
    "power_bald,softmax_bald,softrank_bald,batch_bald,"
    "facility_location,graph_cut,log_det,disparity_min,disparity_sum,"
    "k_means,lightweight_coreset,dbal,clue,gsx,typiclust,badge,"
    "information_density,graph_density,max_herding,uncertainty_herding,"
    "prob_cover,dcom,fass,ranked_batch,"
    "egl,cal,cdal,falcun,cluster_margin,gsy,igs,bait,"
    "core_set,alfa_mix,drop_query"
)


class Goldens(unittest.TestCase):
    def test_every_case_of_the_shipped_strategies(self):
        command = (
            f"{os.path.abspath(QUARRY)} rank --strategy {{strategy}} {{inputs}} "
            "--budget {budget} {params} --ties index --json"
        )
        done = subprocess.run(
            [sys.executable, SHARED / "goldens" / "check.py", "--root",
             SHARED / "goldens", "--only", STRATEGIES, "--command", command],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        print(done.stdout)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stdout.splitlines()[-1], r"^[1-9]\d* passed, 0 failed")


if __name__ == "__main__":
    if not (SHARED / "goldens" / "check.py").exists():
        skip(f"there are no goldens at {SHARED}")
    try:
        import numpy  # noqa: F401, which check.py needs
    except ImportError:
        skip("numpy is not installed")
    main()
