"""quarry train and quarry demo."""

import json
import pathlib

from _quarry import SHARED, TestCase, cifar_images, main, quarry


class Demo(TestCase):
    def test_it_ends_with_the_report_and_its_pool_trains(self):
        out = self.dir / "demo"
        outcome = self.expect(
            quarry("demo", "--out", out, "--samples", 400, "--labels", 80,
                   "--budget", 30, "--epochs", 5, timeout=600), 0
        )
        report = pathlib.Path(outcome.out.splitlines()[-1])
        self.assertEqual(report, out / "report.html")
        page = report.read_text()
        self.assertIn("What random would have picked", page)
        self.assertIn("decode.truncated", page)
        picks = (out / "selection.jsonl").read_text().splitlines()
        self.assertEqual(len(picks), 30)

        # Again: the pool is drawn anew, the same one.
        again = self.expect(
            quarry("demo", "--out", out, "--samples", 400, "--labels", 80,
                   "--budget", 30, "--epochs", 5, "--json", timeout=600), 0
        ).json()
        self.assertEqual({r["strategy"] for r in again["rounds"]},
                         {"margin", "k_center", "random"})
        self.assertEqual(
            (out / "selection.jsonl").read_text().splitlines(), picks
        )
        self.train(out / "pool")

    def train(self, pool):
        model = self.dir / "models" / "net.pt"
        outcome = self.expect(
            quarry("train", "--data", pool, "--labels-from", "dirs", "--epochs", 2,
                   "--out", model, "--json", timeout=600), 0
        )
        document = outcome.json()
        self.assertEqual(len(document["classes"]), 10)
        self.assertEqual(document["samples"]["failed"], 3)
        self.assertEqual(len(document["epochs"]), 2)
        self.assertTrue(0 < document["samples"]["validation"] < 100)
        card = json.loads(model.with_suffix(".json").read_text())
        self.assertEqual(card["classes"], document["classes"])
        selected = self.expect(
            quarry("select", "--data", pool, "--model", model, "--strategy",
                   "k_center", "--budget", 5, "--json"), 0
        ).json()
        self.assertEqual(len(selected["picks"]), 5)

        refused = quarry("select", "--data", pool, "--model", model,
                         "--strategy", "bald", "--budget", 5)
        self.expect(refused, 5, error="pipeline.needs_passes")
        self.expect(
            quarry("train", "--data", pool, "--labels-from", "dirs", "--epochs", 1,
                   "--dropout", 0.3, "--out", model, timeout=600), 0
        )
        passes = self.expect(
            quarry("select", "--data", pool, "--model", model, "--strategy",
                   "bald", "--budget", 5, "--json"), 0
        ).json()
        self.assertEqual(passes["passes"], 10)
        self.assertEqual(len({p["score"] for p in passes["picks"]}), 5)

        dry = quarry("train", "--data", pool, "--labels-from", "dirs",
                     "--dry-run", "--json")
        self.assertEqual(self.expect(dry, 0).json()["pool"]["labelled"], 403)
        unlabelled = quarry("train", "--data", pool, "--out", model)
        self.expect(unlabelled, 3, error="train.no_labels")
        unknown = quarry("train", "--data", pool, "--labels-from", "dirs",
                         "--net", "resnet81", "--out", model)
        self.expect(unknown, 2, error="model.unknown_net")
        nameless = quarry("train", "--data", pool, "--labels-from", "dirs",
                          "--out", self.dir / "model.bin")
        self.expect(nameless, 2, error="cli.value")

    def test_bad_samples_are_left_out_as_a_pipeline_does(self):
        if not SHARED.exists():
            self.skipTest(f"there is no shared data at {SHARED}")
        pool = self.dir / "pool"
        paths = cifar_images(pool, 40)
        for path in paths[:3]:
            path.write_bytes(b"no image")
        model = self.dir / "net.pt"

        def train(*args):
            return quarry("train", "--data", pool, "--labels-from", "dirs",
                          "--epochs", 1, "--out", model, "--json", *args)

        document = self.expect(train("--validation", 0), 0).json()
        self.assertEqual(document["samples"]["training"], 37)
        self.assertEqual(document["samples"]["failed"], 3)
        outcome = self.expect(
            train("--validation", 0, "--max-bad", 0.05), 4,
            error="pipeline.too_many_bad",
        )
        self.assertIn("3 bad samples of 40 samples, 2 allowed", outcome.err)
        outcome = self.expect(
            train("--validation", 0, "--on-error", "stop"), 3,
            error="pipeline.bad_sample",
        )
        self.assertIn(str(min(p.relative_to(pool) for p in paths[:3])), outcome.err)

    def test_labels_of_another_pool_are_told_from_none(self):
        if not SHARED.exists():
            self.skipTest(f"there is no shared data at {SHARED}")
        pool = self.dir / "pool"
        cifar_images(pool, 20)
        labels = self.dir / "labels.csv"
        labels.write_text("id,label\n/elsewhere/1.jpg,cat\n/elsewhere/2.jpg,dog\n")
        outcome = quarry("train", "--data", pool, "--labelled", labels,
                         "--out", self.dir / "net.pt")
        self.expect(outcome, 3, error="train.no_labels")
        self.assertIn("none of the 2 labelled ids is in the pool", outcome.err)
        self.assertIn("/elsewhere/1.jpg", outcome.err)

    def test_it_does_not_empty_a_folder_of_somebody_else(self):
        mine = self.dir / "demo" / "pool"
        mine.mkdir(parents=True)
        (mine / "thesis.tex").write_text("years of work")
        outcome = quarry("demo", "--out", self.dir / "demo")
        self.expect(outcome, 2, error="cli.out")
        self.assertTrue((mine / "thesis.tex").exists())


if __name__ == "__main__":
    main(torch=True)
