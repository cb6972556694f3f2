"""Strategies that attack the model: select, score then rank, refusals."""

import math

from _quarry import (
    TestCase, cifar_images, main, quarry, read_npy, small_model,
)

COUNT = 60


class Attack(TestCase):
    def setUp(self):
        super().setUp()
        self.pool = self.dir / "pool"
        self.paths = cifar_images(self.pool, COUNT)
        self.out = self.dir / "scores"

    def select(self, strategy, *more):
        return quarry("select", "--data", self.pool, "--model", small_model(),
                      "--strategy", strategy, "--budget", 20, "--json",
                      "--cache", "off", *more)

    def score(self, *more):
        return quarry("score", "--data", self.pool, "--model", small_model(),
                      "--out", self.out, "--cache", "off", *more)

    def rank(self, strategy, *more):
        return quarry("rank", "--strategy", strategy, "--budget", 20, "--json",
                      *more)

    def test_score_then_rank_is_select(self):
        self.paths[7].write_bytes(b"broken")
        for strategy, more in (("deep_fool", ()),
                               ("deep_fool", ("--param", "max_iterations=1")),
                               ("bim", ("--param", "step=0.02"))):
            name = f"{strategy}_norms"
            done = self.expect(self.score("--strategy", strategy, *more), 0)
            self.assertIn(f"{name}.npy [{COUNT}]", done.out)
            shape, norms = read_npy(self.out / f"{name}.npy")
            self.assertEqual(shape, (COUNT,))
            self.assertEqual(sum(math.isnan(x) for x in norms), 1)
            self.assertTrue(all(x >= 0 for x in norms if not math.isnan(x)))
            chosen = self.expect(self.select(strategy, *more), 0).json()
            ranked = self.expect(
                self.rank(strategy, "--input",
                          f"{name}={self.out / name}.npy"), 0).json()
            cut = lambda d: [[p["index"], p["id"], p["score"]]
                             for p in d["picks"]]
            self.assertEqual(cut(chosen), cut(ranked), (strategy, more))
            scores = [p["score"] for p in chosen["picks"]
                      if p["score"] is not None]
            self.assertTrue(scores, "some changed their class")
            self.assertEqual(scores, sorted(scores, reverse=True))
            self.assertLess(max(scores), 0)
        # What another attack has left behind is not taken for this one's.
        self.assertFalse((self.out / "deep_fool_norms.npy").exists())

    def test_fewer_steps_leave_more_in_their_class(self):
        stayed = []
        for steps in (1, 50):
            self.expect(self.score("--strategy", "deep_fool", "--param",
                                   f"max_iterations={steps}"), 0)
            _, norms = read_npy(self.out / "deep_fool_norms.npy")
            stayed.append(sum(math.isinf(x) for x in norms))
        self.assertGreater(stayed[0], 0)
        self.assertEqual(stayed[1], 0)

    def test_a_model_without_gradients_is_refused(self):
        refused = self.expect(
            self.select("deep_fool", "--model", small_model()), 5,
            error="pipeline.needs_gradients")
        self.assertIn("deep_fool_norms", refused.err)
        self.assertIn("TorchScript file (.pt)", refused.err)

    def test_arrays_alone_are_not_enough(self):
        self.expect(self.score(), 0)
        probs = ("--probs", self.out / "probabilities.npy")
        refused = self.expect(self.rank("bim", *probs), 2,
                              error="strategy.missing_input")
        self.assertIn("bim_norms", refused.err)
        self.assertIn("quarry score --strategy", refused.err)

    def test_options_and_strategies_that_do_nothing_are_told(self):
        self.expect(self.select("bim", "--param", "step=0"), 2,
                    error="strategy.bad_param")
        self.expect(self.select("deep_fool", "--param", "steps=3"), 2,
                    error="strategy.unknown_param")
        done = self.expect(self.score("--strategy", "margin"), 0)
        self.assertIn("margin attacks no model", done.err)
        done = self.expect(self.score("--param", "step=1"), 0)
        self.assertIn("--param has no effect", done.err)


if __name__ == "__main__":
    main(torch=True, shared=True)
