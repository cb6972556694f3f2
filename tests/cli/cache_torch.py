"""The flags of the cache of fetched objects, as train and select have them."""

import json

from _host import Ranges, serve
from _quarry import TestCase, main, png, quarry

SIDE = 16
COUNT = 24


class Cache(TestCase):
    def setUp(self):
        super().setUp()
        www = self.dir / "www"
        www.mkdir()
        lines = []
        for number in range(COUNT):
            label = ("red", "blue")[number % 2]
            color = (250 - number, 0, 9) if label == "red" else (9, 0, 250 - number)
            (www / f"{number}.png").write_bytes(png(color, SIDE))
            lines.append(json.dumps({"uri": f"{number}.png", "truth": label}))
        self.list = www / "pool.jsonl"
        self.list.write_text("\n".join(lines))
        self.host = type("Host", (Ranges,), {"folder": www, "asked": []})
        self.pool = f"{serve(self, self.host)}/pool.jsonl"
        self.workspace = self.dir / "workspace"
        self.model = self.dir / "model.pt"

    def train(self, *more, data=None):
        return quarry("train", "--data", data or self.pool, "--out", self.model,
                      "--size", SIDE, "--epochs", 1, "--workspace", self.workspace,
                      "--json", *more)

    def select(self, *more):
        return quarry("select", "--data", self.pool, "--model", self.model,
                      "--strategy", "margin", "--budget", 3, "--workspace",
                      self.workspace, "--json", *more)

    def files(self):
        """The files of the workspace and when each was written."""
        return {str(path): path.stat().st_mtime_ns
                for path in self.workspace.rglob("*") if path.is_file()}

    def break_cache(self):
        """It opens, and no body can be written."""
        (self.workspace / "bytes").mkdir(parents=True)
        (self.workspace / "bytes/objects").write_text("no folder")

    def test_train_reads_what_it_has_kept(self):
        dry = self.expect(self.train("--dry-run", "--cache", "on"), 0).json()
        self.assertEqual(dry["network"][0]["answers"], 1)  # the list
        self.assertFalse(self.workspace.exists())
        first = self.expect(self.train("--cache", "on"), 0).json()
        self.assertEqual(first["network"][0]["cached"], 0)
        again = self.expect(self.train("--cache", "on"), 0).json()
        self.assertEqual(again["network"][0]["cached"], COUNT + 1)
        self.assertEqual(again["network"][0]["bytes"], 0)
        asked = len(self.host.asked)
        config = self.dir / "train.yaml"
        config.write_text("offline: true\n")
        offline = self.expect(self.train("--config", config), 0).json()
        self.assertEqual(len(self.host.asked), asked)
        for document in (again, offline):
            self.assertEqual(document["epochs"], first["epochs"])

    def test_what_cannot_be_kept_is_said_and_in_the_document(self):
        self.break_cache()
        outcome = self.expect(self.train("--cache", "on"), 0)
        self.assertEqual(outcome.err.count("(cache.write)"), 1, outcome)
        self.assertEqual([f["error"] for f in outcome.json()["cache_failures"]],
                         ["cache.write"])
        out = self.dir / "out"
        outcome = self.expect(self.select("--cache", "on", "--out", out), 0)
        self.assertEqual(outcome.err.count("(cache.write)"), 1, outcome)
        for document in (outcome.json(), json.loads((out / "summary.json").read_text())):
            self.assertEqual([f["error"] for f in document["cache_failures"]],
                             ["cache.write"])
        (self.host.folder / "3.png").unlink()
        outcome = self.train("--cache", "on", "--max-bad", 0)
        self.expect(outcome, 4, error="pipeline.too_many_bad")
        self.assertEqual(outcome.err.count("(cache.write)"), 1, outcome)

    def test_a_dry_run_of_select_keeps_nothing(self):
        self.expect(self.train(), 0)
        dry = self.expect(self.select("--dry-run", "--cache", "on"), 0).json()
        self.assertEqual(dry["network"][0]["cached"], 0)
        self.assertFalse(self.workspace.exists())
        self.expect(self.select("--cache", "on"), 0)
        kept = self.files()
        dry = self.expect(self.select("--dry-run", "--cache", "on"), 0).json()
        self.assertEqual(dry["network"][0]["bytes"], 0)
        dry = self.expect(self.select("--dry-run", "--cache", "write"), 0).json()
        self.assertEqual(dry["network"][0]["cached"], 0)
        self.assertEqual(self.files(), kept)

    def test_nothing_is_made_for_flags_that_cannot_be_meant(self):
        out = self.dir / "models/model.pt"
        for command in ("train", "select", "score"):
            outcome = quarry(command, "--data", self.pool, "--out", out, "--offline",
                             "--cache", "write")
            self.expect(outcome, 2, error="cli.value")
        self.assertFalse(out.parent.exists())

    def test_flags_that_have_no_effect_on_a_pool_that_is_here_are_told(self):
        outcome = self.expect(self.train("--cache", "on", data=self.list), 0)
        self.assertIn("note: --cache has no effect", outcome.err)
        self.assertNotIn("network", outcome.json())


if __name__ == "__main__":
    main(torch=True)
