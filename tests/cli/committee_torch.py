"""Several models as one, and files that are no compiled packages."""

import numpy

from _quarry import TestCase, coloured_pool, main, quarry

SIDE = 16
COUNT = 30


class Committee(TestCase):
    def setUp(self):
        super().setUp()
        self.pool = self.dir / "pool"
        coloured_pool(self.pool, COUNT, SIDE)
        self.models = [self.train(seed) for seed in (1, 2)]

    def train(self, seed, size=SIDE):
        model = self.dir / f"{seed}-{size}.pt"
        self.expect(quarry("train", "--data", self.pool, "--labels-from", "dirs",
                           "--out", model, "--size", size, "--epochs", 1,
                           "--seed", seed, "--cache", "off"), 0)
        return model

    def score(self, name, *more):
        out = self.dir / name
        done = self.expect(quarry("score", "--data", self.pool, "--out", out,
                                  "--batch", 16, "--cache", "off", *more), 0)
        return out, done

    def test_passes_are_the_members_and_probabilities_their_mean(self):
        alone = [numpy.load(self.score(f"m{k}", "--model", model)[0] /
                            "probabilities.npy")
                 for k, model in enumerate(self.models)]
        out, done = self.score("both", "--model", self.models[0], "--model",
                               self.models[1], "--passes", 2)
        self.assertIn("a committee of 2; 2 of them run whole", done.err)
        passes = numpy.load(out / "passes.npy")
        self.assertEqual(passes.shape, (2, COUNT, 2))
        for mine, theirs in zip(passes, alone):
            self.assertTrue((mine == theirs).all())
        mean = numpy.load(out / "probabilities.npy")
        self.assertLess(abs(mean - sum(alone) / 2).max(), 1e-6)

    def test_strategies_over_passes_take_as_many_as_there_are_members(self):
        config = self.dir / "config.yaml"
        config.write_text("model: [a.pt, b.pt]\nstrategy: vote_entropy\n")
        done = self.expect(
            quarry("select", "--data", self.pool, "--config", config, "--budget",
                   5, "--json", "--model", self.models[0], "--model",
                   self.models[1], "--model", self.models[0]), 0)
        self.assertEqual(len(done.json()["picks"]), 5)
        self.assertEqual(done.json()["passes"], 3)
        self.assertIn("a committee of 3; 2 of them run whole", done.err)

    def test_what_does_not_fit_is_named(self):
        def refused(*more):
            return quarry("select", "--data", self.pool, "--strategy", "bald",
                          "--budget", 5, "--model", self.models[0], *more)

        self.expect(refused("--model", self.models[1], "--passes", 5), 2,
                    error="pipeline.members")
        other = self.train(3, size=2 * SIDE)
        done = self.expect(refused("--model", other), 5, error="model.committee")
        self.assertIn("member 2", done.err)

    def test_a_compiled_package_that_is_none(self):
        package = self.dir / "net.pt2"
        for content, words in ((b"", "it is empty"),
                               (b"text", "does not begin as one"),
                               (self.models[0].read_bytes(), "TorchScript")):
            package.write_bytes(content)
            done = self.expect(
                quarry("select", "--data", self.pool, "--model", package,
                       "--strategy", "margin", "--budget", 1), 5,
                error="model.invalid")
            self.assertIn(words, done.err)
        self.expect(
            quarry("select", "--data", self.pool, "--model", package,
                   "--precision", "bf16", "--strategy", "margin", "--budget",
                   1), 5, error="model.precision")


if __name__ == "__main__":
    main(torch=True)
