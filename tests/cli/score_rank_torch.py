"""quarry score, and that score then rank is select."""

import json
import math
import shutil

from _quarry import (
    SHARED, TestCase, cifar_images, main, quarry, read_npy, small_model,
)

COUNT = 300


class Score(TestCase):
    def setUp(self):
        super().setUp()
        self.pool = self.dir / "pool"
        self.paths = cifar_images(self.pool, COUNT)
        self.out = self.dir / "scores"

    def score(self, data=None, *args):
        return quarry(
            "score", "--data", data or self.pool, "--model", small_model(),
            "--out", self.out, "--json", *args,
        )

    def rank(self, strategy, budget, *args):
        return quarry(
            "rank", "--probs", self.out / "probabilities.npy", "--embeddings",
            self.out / "embeddings.npy", "--strategy", strategy, "--budget",
            budget, "--json", *args,
        )

    def select(self, strategy, budget, *args):
        return quarry(
            "select", "--data", self.pool, "--model", small_model(),
            "--strategy", strategy, "--budget", budget, "--json", *args,
        )

    def test_passes_are_scored_and_chosen_from_alike(self):
        for number in (5, 77):
            self.paths[number].write_bytes(b"broken")
        self.expect(self.score(None, "--passes", 4), 0)
        shape, passes = read_npy(self.out / "passes.npy")
        self.assertEqual(shape, (4, COUNT, 10))
        row = lambda k, i: passes[(k * COUNT + i) * 10:][:10]
        _, plain = read_npy(self.out / "probabilities.npy")
        failed = [i for i in range(COUNT) if math.isnan(plain[i * 10])]
        self.assertEqual(len(failed), 2)
        good = next(i for i in range(COUNT) if i not in failed)
        for k in range(4):
            for i in failed:
                self.assertTrue(all(math.isnan(p) for p in row(k, i)))
            self.assertAlmostEqual(sum(row(k, good)), 1.0, places=5)
        self.assertNotEqual(row(0, good), row(1, good))
        for strategy in ("bald", "power_bald"):
            chosen = self.expect(self.select(strategy, 40, "--passes", 4), 0).json()
            self.assertEqual(chosen["passes"], 4)
            ranked = self.expect(
                quarry("rank", "--probs-mc", self.out / "passes.npy",
                       "--strategy", strategy, "--budget", 40, "--json"), 0
            ).json()
            cut = lambda d: [[p["index"], p["id"], p["score"]] for p in d["picks"]]
            self.assertEqual(cut(chosen), cut(ranked))
        idle = self.expect(self.select("margin", 3, "--passes", 4), 0)
        self.assertIn("--passes has no effect", idle.err)

    def test_score_then_rank_is_select_also_when_samples_failed(self):
        for number in (5, 77, 250):
            self.paths[number].write_bytes(b"broken")
        # Equal images have equal scores: the hash of the id decides.
        for number in (10, 20, 30):
            self.paths[number].write_bytes(self.paths[40].read_bytes())
        labelled = self.dir / "labelled.txt"
        labelled.write_text(
            "".join(f"{p.relative_to(self.pool)}\n" for p in self.paths[100:120])
        )
        self.expect(self.score(), 0)
        for strategy in ("margin", "entropy", "random", "k_center"):
            for flags in ((), ("--labelled", labelled), ("--seed", 3),
                          ("--ties", "index")):
                chosen = self.expect(self.select(strategy, 60, *flags), 0).json()
                ranked = self.expect(self.rank(strategy, 60, *flags), 0).json()
                keep = ("rank", "index", "id", "uri", "score")
                cut = lambda d: [[p[k] for k in keep] for p in d["picks"]]
                self.assertEqual(cut(chosen), cut(ranked), (strategy, flags))
                self.assertEqual(chosen["pool"], ranked["pool"], strategy)

    def test_files_have_a_row_a_sample(self):
        self.paths[7].write_bytes(b"")
        document = self.expect(self.score(), 0).json()
        self.assertEqual(document["command"], "score")
        self.assertEqual(len(document["classes"]), 10)
        shape, values = read_npy(self.out / "probabilities.npy")
        self.assertEqual(shape, (COUNT, 10))
        lines = (self.out / "samples.jsonl").read_text().splitlines()
        samples = [json.loads(line) for line in lines]
        self.assertEqual([s["row"] for s in samples], list(range(COUNT)))
        self.assertEqual(
            [s["id"] for s in samples],
            sorted(str(p.relative_to(self.pool)) for p in self.paths),
        )
        for sample in samples:
            row = values[sample["row"] * 10 : sample["row"] * 10 + 10]
            if "error" in sample:
                self.assertEqual(sample["error"], "decode.empty")
                self.assertTrue(all(math.isnan(v) for v in row))
            else:
                self.assertAlmostEqual(sum(row), 1, places=5)
        self.assertEqual(sum("error" in s for s in samples), 1)

    def test_the_numbers_are_those_of_pytorch(self):
        models = SHARED / "models"
        names = (models / "small.samples.txt").read_text().split()
        data = self.dir / "data"
        cifar_images(data / "test", 10_000)
        if not all((data / name).exists() for name in names):
            self.skipTest("the samples are not all of CIFAR-10's test set")
        manifest = data / "samples.txt"
        manifest.write_text("\n".join(names) + "\n")
        self.expect(self.score(manifest), 0)
        for name in ("probabilities", "embeddings"):
            shape, got = read_npy(self.out / f"{name}.npy")
            expected_shape, expected = read_npy(models / f"small.{name}.npy")
            self.assertEqual(shape, expected_shape)
            # The embeddings are stored as f2: half a unit in its last place.
            stored = 2**-11 if name == "embeddings" else 0
            worst = max(
                abs(a - b) - stored * abs(b) for a, b in zip(got, expected)
            )
            self.assertLess(worst, 1e-5, name)

    def test_a_dry_run_scores_what_a_run_scores(self):
        # Sigmoids are no distribution: margin would refuse them.
        model = self.dir / "multilabel.pt"
        shutil.copyfile(small_model(), model)
        card = json.loads(small_model().with_suffix(".json").read_text())
        card["task"] = "multilabel"
        model.with_suffix(".json").write_text(json.dumps(card))
        flags = ("score", "--data", self.pool, "--model", model, "--json",
                 "--out", self.out)
        document = self.expect(quarry(*flags, "--dry-run"), 0).json()
        self.assertEqual(document["pool"]["samples"], COUNT)
        self.assertFalse(self.out.exists())
        self.expect(quarry(*flags), 0)

    def test_out_is_needed(self):
        outcome = quarry("score", "--data", self.pool, "--model", small_model())
        self.expect(outcome, 2, error="cli.missing")


if __name__ == "__main__":
    main(torch=True, shared=True)
