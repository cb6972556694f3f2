"""quarry train and quarry demo."""

import json
import pathlib

from _quarry import TestCase, main, quarry


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

    def test_it_does_not_empty_a_folder_of_somebody_else(self):
        mine = self.dir / "demo" / "pool"
        mine.mkdir(parents=True)
        (mine / "thesis.tex").write_text("years of work")
        outcome = quarry("demo", "--out", self.dir / "demo")
        self.expect(outcome, 2, error="cli.out")
        self.assertTrue((mine / "thesis.tex").exists())


if __name__ == "__main__":
    main(torch=True)
