"""quarry select on real images with a real model.

1,000 images by default; QUARRY_FULL=1 takes CIFAR-10's whole test set and a
budget of 1,000, as users run it.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import time

from _quarry import QUARRY, TestCase, cifar_images, main, quarry, small_model

FULL = os.environ.get("QUARRY_FULL") == "1"
COUNT, BUDGET = (10_000, 1_000) if FULL else (1_000, 100)


class Select(TestCase):
    def setUp(self):
        super().setUp()
        self.pool = self.dir / "pool"
        self.paths = cifar_images(self.pool, COUNT)

    def select(self, data, *args, strategy="margin", budget=BUDGET, **kw):
        return quarry(
            "select", "--data", data, "--model", small_model(), "--strategy",
            strategy, "--budget", budget, "--json", *args, **kw,
        )

    def ids(self, outcome):
        return [pick["id"] for pick in self.expect(outcome, 0).json()["picks"]]

    def test_same_picks_for_all_threads_and_any_order_of_the_pool(self):
        expected = self.ids(self.select(self.pool))
        self.assertEqual(len(set(expected)), BUDGET)
        self.assertEqual(self.ids(self.select(self.pool)), expected)
        for threads in (1, 2, 7):
            outcome = self.select(self.pool, "--threads", threads)
            self.assertEqual(self.ids(outcome), expected)
        manifest = self.dir / "shuffled.jsonl"
        paths = list(self.paths)
        random.Random(5).shuffle(paths)
        with open(manifest, "w") as lines:
            for path in paths:
                name = str(path.relative_to(self.pool))
                lines.write(json.dumps({"uri": f"pool/{name}", "id": name}) + "\n")
        self.assertEqual(self.ids(self.select(manifest)), expected)

    def test_json_says_how_it_went(self):
        document = self.select(self.pool).json()
        self.assertEqual(document["command"], "select")
        self.assertEqual(document["precision"], "fp32")
        self.assertEqual(document["batch"], 128)
        self.assertEqual(
            document["pool"], {"samples": COUNT, "scored": COUNT, "failed": 0}
        )
        self.assertLessEqual(
            {"fetch", "decode", "infer", "select"}, set(document["seconds"]["busy"])
        )
        self.assertGreater(document["throughput"], 0)
        self.assertTrue(document["picks"][0]["uri"].startswith("file:///"))
        scores = [pick["score"] for pick in document["picks"]]
        self.assertEqual(scores, sorted(scores, reverse=True))

    def test_set_strategies_and_labelled_samples(self):
        first = self.ids(self.select(self.pool, strategy="k_center", budget=10))
        (self.dir / "done.txt").write_text("\n".join(first) + "\nelsewhere.jpg\n")
        outcome = self.select(
            self.pool, "--labelled", self.dir / "done.txt",
            strategy="k_center", budget=10,
        )
        second = self.ids(outcome)
        self.assertEqual(set(first) & set(second), set())
        self.assertIn("1 labelled id not in the pool", outcome.err)

    def test_dry_run_reads_little_and_writes_nothing(self):
        out = self.dir / "out"
        outcome = self.expect(
            self.select(self.pool, "--dry-run", "--out", out), 0
        )
        document = outcome.json()
        self.assertIs(document["dry_run"], True)
        self.assertEqual(document["pool"]["samples"], COUNT)
        size = sum(path.stat().st_size for path in self.paths)
        self.assertLess(abs(document["bytes"]["read"] - size), 0.3 * size)
        self.assertFalse(out.exists())

    def test_report_shows_pictures_and_loads_nothing(self):
        out = self.dir / "out"
        self.expect(self.select(self.pool, "--out", out), 0)
        page = (out / "report.html").read_text()
        self.assertEqual(page.count("data:image/jpeg;base64,"), 60)
        for outside in ("http:", "https:", "<script", "<link", "@import", "url("):
            self.assertNotIn(outside, page)

    def test_what_is_written_into_the_pool_is_no_part_of_it(self):
        for flag in ("--out", "--workspace"):
            folder = self.pool / flag.strip("-")
            folder.mkdir()
            shutil.copyfile(self.paths[0], folder / "old.jpg")
            outcome = self.select(self.pool, flag, folder, budget=1)
            document = self.expect(outcome, 0).json()
            self.assertEqual(document["pool"]["samples"], COUNT, flag)
            shutil.rmtree(folder)
        # The pool itself is one, whatever is written into it.
        for data in (self.pool, self.pool.as_uri()):
            outcome = self.select(data, "--out", f"{self.pool}/.", budget=1)
            document = self.expect(outcome, 0).json()
            self.assertEqual(document["pool"]["samples"], COUNT)

    def test_device_and_precision(self):
        outcome = self.select(self.pool, "--device", "abacus", budget=1)
        self.expect(outcome, 5, error="model.device")
        outcome = self.select(self.pool, "--precision", "fp8", budget=1)
        self.expect(outcome, 2, error="cli.usage")
        devices = quarry("doctor", "--json").json()["devices"]
        if not any(d["usable"] for d in devices if d["name"] != "cpu"):
            outcome = self.select(self.pool, "--device", "cuda", budget=1)
            self.expect(outcome, 5, error="model.device")
            self.assertEqual(self.select(self.pool, budget=1).json()["device"], "cpu")

    def test_a_model_that_is_none(self):
        bad = self.dir / "bad.pt"
        bad.write_bytes(b"not a model")
        outcome = quarry("select", "--data", self.pool, "--model", bad,
                         "--strategy", "margin", "--budget", 1)
        self.expect(outcome, 5, error="model.invalid")
        outcome = quarry("select", "--data", self.pool, "--model", self.dir / "x.pt",
                         "--strategy", "margin", "--budget", 1)
        self.expect(outcome, 5, error="model.not_found")
        outcome = quarry("select", "--data", self.pool, "--model", self.pool,
                         "--strategy", "margin", "--budget", 1)
        self.expect(outcome, 5, error="model.invalid")
        self.assertIn("is a directory", outcome.err)

    def test_a_model_whose_card_is_missing_says_so(self):
        model = self.dir / "bare.pt"
        shutil.copyfile(small_model(), model)
        outcome = quarry("select", "--data", self.pool, "--model", model,
                         "--strategy", "margin", "--budget", 1)
        self.expect(outcome, 5, error="model.infer")
        self.assertIn(f"no card {model.with_suffix('.json')}", outcome.err)

    def test_a_pool_that_is_none(self):
        outcome = self.select(self.dir / "nowhere")
        self.expect(outcome, 3, error="source.not_found")
        (self.dir / "empty").mkdir()
        outcome = self.select(self.dir / "empty")
        self.expect(outcome, 3, error="pipeline.empty")

    def test_interrupted_it_writes_what_there_is(self):
        # The same images many times over, so that the run lasts.
        manifest = self.dir / "long.jsonl"
        with open(manifest, "w") as lines:
            for number in range(200 * len(self.paths)):
                path = self.paths[number % len(self.paths)]
                lines.write(json.dumps({"uri": str(path), "id": str(number)}) + "\n")
        out = self.dir / "out"
        run = subprocess.Popen(
            [QUARRY, "select", "--data", manifest, "--model", small_model(),
             "--strategy", "margin", "--budget", "10", "--json", "--out", out,
             "--cache", "off"],  # which knows the repeated ones
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        time.sleep(6)
        run.send_signal(signal.SIGINT)
        stdout, stderr = run.communicate(timeout=120)
        self.assertEqual(run.returncode, 6, stderr)
        document = json.loads(stdout)
        self.assertEqual(document["stopped"], "cancelled")
        self.assertLess(document["pool"]["scored"], 200 * len(self.paths))
        lines = (out / "selection.jsonl").read_text().splitlines()
        self.assertEqual(len(lines), len(document["picks"]))
        self.assertIn("cancelled", stderr)


if __name__ == "__main__":
    main(torch=True, shared=True)
