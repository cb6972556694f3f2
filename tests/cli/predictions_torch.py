"""What select and score keep between runs, and the command cache."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import threading
import time
import zipfile

from _host import Ranges, serve
from _quarry import QUARRY, TestCase, coloured_pool, main, quarry

SIDE = 16
COUNT = 60


def counts(cached=0, from_embeddings=0, kept=0):
    return {"cached": cached, "from_embeddings": from_embeddings, "kept": kept}


class Predictions(TestCase):
    def setUp(self):
        super().setUp()
        self.pool = self.dir / "pool"
        coloured_pool(self.pool, COUNT, SIDE)
        self.model = self.dir / "model.pt"
        self.expect(quarry("train", "--data", self.pool, "--labels-from", "dirs",
                           "--out", self.model, "--size", SIDE, "--epochs", 1,
                           "--dropout", 0.2, "--cache", "off"), 0)
        self.workspace = self.dir / "workspace"

    def run_on(self, command, *more):
        return quarry(command, "--data", self.pool, "--model", self.model,
                      "--workspace", self.workspace, "--batch", 16, "--json", *more)

    def select(self, *more, strategy="margin"):
        return self.run_on("select", "--strategy", strategy, "--budget", 5, *more)

    def cache(self, action, code=0):
        return self.expect(quarry("cache", action, "--workspace", self.workspace,
                                  "--json"), code).json()

    def recipe_of_predictions(self, action, code=0):
        """The one that is not of embeddings, which are kept apart."""
        recipes = self.cache(action, code)["predictions"]
        embeddings, predictions = sorted(recipes, key=lambda r: r["classes"])
        self.assertEqual(embeddings["classes"], 0)
        self.assertGreater(embeddings["features"], 0)
        self.assertEqual(embeddings["samples"], COUNT)
        return predictions

    def test_a_second_run_picks_the_same_out_of_the_cache(self):
        off = self.expect(self.select("--cache", "off"), 0).json()
        self.assertEqual(off["predictions"], counts(cached=0, kept=0))
        self.assertFalse(self.workspace.exists())
        cold = self.expect(self.select(), 0).json()
        self.assertEqual(cold["predictions"], counts(cached=0, kept=COUNT))
        warm = self.expect(self.select(), 0).json()
        self.assertEqual(warm["predictions"], counts(cached=COUNT, kept=0))
        for document in (cold, warm):
            self.assertEqual(document["picks"], off["picks"])
        other = self.expect(self.select(strategy="k_center"), 0).json()
        self.assertEqual(other["predictions"]["cached"], COUNT)
        out = self.dir / "scores"
        scored = self.expect(self.run_on("score", "--out", out), 0).json()
        self.assertEqual(scored["predictions"]["cached"], COUNT)
        summary = json.loads((out / "summary.json").read_text())
        self.assertEqual(summary["predictions"]["cached"], COUNT)
        told = self.select()
        self.assertNotIn("no effect", told.err)
        self.assertIn("60 from the cache", told.err)

    def test_what_has_not_changed_is_not_read(self):
        out = self.dir / "out"

        def select():
            document = self.expect(self.select("--out", out), 0).json()
            read = json.loads((out / "summary.json").read_text())["bytes_read"]
            return document, read

        kind = subprocess.run(["stat", "-f", "-c", "%T", self.pool],
                              stdout=subprocess.PIPE, text=True).stdout.strip()
        if kind not in ("ext2/ext3", "xfs", "btrfs", "f2fs", "overlayfs", "zfs"):
            self.skipTest(f"{kind} is not trusted to tell changes")
        time.sleep(2.1)  # a file that has just changed is not trusted
        cold, read = select()
        self.assertGreater(read, 0)
        warm, read = select()
        self.assertEqual(read, 0)
        self.assertEqual(warm["picks"], cold["picks"])
        # As many bytes as before, and the time put back.
        image = self.pool / "red" / "0.png"
        before, status = image.read_bytes(), image.stat()
        image.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
        os.utime(image, ns=(status.st_atime_ns, status.st_mtime_ns))
        changed, read = select()
        self.assertEqual(read, len(before))
        image.unlink()
        image.mkdir()
        gone, read = select()
        self.assertEqual(read, 0)
        off = self.expect(self.select("--cache", "off"), 0).json()
        self.assertEqual(gone["failures"], off["failures"])
        self.assertEqual(len(gone["failures"]), 1)

    def test_of_two_processes_the_second_says_who_writes(self):
        """The first is held up by its pool's host."""
        go = threading.Event()
        self.addCleanup(go.set)

        class Slow(Ranges):
            folder = self.pool
            asked = []

            def do_GET(self):
                if self.path.endswith(".png"):
                    go.wait(60)
                super().do_GET()

        lists = "\n".join(str(path.relative_to(self.pool))
                          for path in sorted(self.pool.rglob("*.png")))
        (self.pool / "pool.txt").write_text(lists)
        first = subprocess.Popen(
            [QUARRY, "select", "--data", f"{serve(self, Slow)}/pool.txt", "--model",
             self.model, "--strategy", "margin", "--budget", "5", "--batch", "16",
             "--workspace", self.workspace, "--json"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        deadline = time.monotonic() + 60
        while len(list(self.workspace.rglob("lock"))) < 2 or not Slow.asked:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)
        second = self.expect(self.select(), 0)
        self.assertIn(f"another process ({first.pid}) is keeping the predictions",
                      second.err)
        self.assertEqual(second.json()["predictions"]["kept"], 0)
        go.set()
        out, err = first.communicate(timeout=120)
        self.assertEqual(first.returncode, 0, err)
        self.assertEqual(json.loads(out)["predictions"], counts(kept=COUNT))
        off = self.expect(self.select("--cache", "off"), 0).json()
        self.assertEqual(second.json()["picks"], off["picks"])
        warm = self.expect(self.select(), 0).json()
        self.assertEqual(warm["predictions"], counts(cached=COUNT))

    def test_a_directory_that_cannot_be_written_is_a_note(self):
        command = [QUARRY, "select", "--data", self.pool, "--model", self.model,
                   "--strategy", "margin", "--budget", "5", "--batch", "16",
                   "--workspace", self.workspace, "--json"]
        if os.geteuid() == 0:
            if not shutil.which("setpriv"):
                self.skipTest("root writes everywhere")
            command = ["setpriv", "--inh-caps=-all", "--bounding-set=-all", *command]

        def select():
            done = subprocess.run(command, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, timeout=120, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            return json.loads(done.stdout), done.stderr.decode()

        off = self.expect(self.select("--cache", "off"), 0).json()
        self.workspace.mkdir()
        self.workspace.chmod(0o500)
        document, err = select()
        self.workspace.chmod(0o700)
        self.assertIn(f"cannot make the folder {self.workspace}/predictions", err)
        self.assertEqual(document["picks"], off["picks"])
        self.expect(self.select(), 0)
        paths = [self.workspace, *self.workspace.rglob("*")]
        for path in paths:
            path.chmod(0o500 if path.is_dir() else 0o400)
        document, err = select()
        for path in paths:
            path.chmod(0o700)
        self.assertIn("nothing new is kept", err)
        self.assertEqual(document["predictions"], counts(cached=COUNT))
        self.assertEqual(document["picks"], off["picks"])

    def test_passes_are_kept_as_well(self):
        run = ("--passes", 3)
        cold = self.expect(self.select(*run, strategy="bald"), 0).json()
        warm = self.expect(self.select(*run, strategy="bald"), 0).json()
        self.assertEqual(warm["predictions"]["cached"], COUNT)
        self.assertEqual(warm["picks"], cold["picks"])

    def test_a_dry_run_keeps_nothing(self):
        self.expect(self.select("--dry-run"), 0)
        self.assertFalse(self.workspace.exists())

    def test_another_model_has_predictions_of_its_own(self):
        self.expect(self.select(), 0)
        self.expect(quarry("train", "--data", self.pool, "--labels-from", "dirs",
                           "--out", self.model, "--size", SIDE, "--epochs", 1,
                           "--seed", 5), 0)
        other = self.expect(self.select(), 0).json()
        self.assertEqual(other["predictions"], counts(cached=0, kept=COUNT))
        # Predictions and embeddings of both.
        self.assertEqual(len(self.cache("stats")["predictions"]), 4)

    def test_precisions_are_not_mixed(self):
        self.expect(self.select(), 0)
        lower = self.expect(self.select("--precision", "bf16"), 0).json()
        self.assertEqual(lower["precision"], "bf16")
        self.assertEqual(lower["predictions"], counts(kept=COUNT))
        again = self.expect(self.select("--precision", "bf16"), 0).json()
        self.assertEqual(again["predictions"], counts(cached=COUNT))
        exact = self.expect(self.select(), 0).json()
        self.assertEqual(exact["precision"], "fp32")
        self.assertEqual(exact["predictions"]["cached"], COUNT)
        out = self.dir / "auto"
        taken = self.expect(
            self.run_on("score", "--precision", "auto", "--out", out), 0
        )
        self.assertIn("precision auto took", taken.err)
        self.assertIn(taken.json()["precision"], ("fp32", "bf16"))
        notes = json.loads((out / "summary.json").read_text())["notes"]
        self.assertTrue(any("precision auto took" in note for note in notes))

    def test_a_batch_that_was_measured_is_said_and_part_of_the_cache(self):
        def select(batch):
            return self.expect(
                quarry("select", "--data", self.pool, "--model", self.model,
                       "--strategy", "margin", "--budget", 5, "--workspace",
                       self.workspace, "--json", "--batch", batch), 0)

        first = select("auto")
        self.assertIn("batch auto took", first.err)
        taken = first.json()["batch"]
        self.assertIn(taken, (1, 2, 4, 8, 16, 32, 64))
        recipe = self.recipe_of_predictions("stats")
        self.assertEqual(recipe["batch"], taken)
        same = select(taken).json()
        self.assertEqual(same["predictions"], counts(cached=COUNT))
        self.assertEqual(same["picks"], first.json()["picks"])

    def without_memory(self, rows, brightest=-1.9):
        """The model, for which, by default, black images are no measure of memory."""
        other = self.dir / "other.pt"
        signature = "x: Tensor) -> Tuple[Tensor, Tensor]:\n"
        with zipfile.ZipFile(self.model) as old, zipfile.ZipFile(other, "w") as new:
            for item in old.infolist():
                data = old.read(item)
                if item.filename.endswith("code/__torch__/quarry.py"):
                    code = data.decode()
                    self.assertIn(signature, code)
                    data = code.replace(signature, f"""all: Tensor) -> Tuple[Tensor, Tensor]:
    x = all
    if torch.gt(torch.size(all, 0), {rows}):
      if bool(torch.gt(torch.max(all), {brightest})):
        x = torch.add(all, torch.zeros([1125899906842624]))
""", 1).encode()
                new.writestr(item.filename, data)
        shutil.copy(self.model.with_suffix(".json"), other.with_suffix(".json"))
        return other

    def test_a_batch_that_was_measured_is_halved_where_memory_runs_out(self):
        model = self.without_memory(2)
        out = self.dir / "out"

        def select(batch, *more):
            return quarry("select", "--data", self.pool, "--model", model, "--cache",
                          "off", "--strategy", "margin", "--budget", 5, "--json",
                          "--batch", batch, *more)

        halved = self.expect(select("auto", "--out", out), 0)
        taken = halved.json()["batch"]
        self.assertIn(taken, (1, 2))
        notes = json.loads((out / "summary.json").read_text())["notes"]
        self.assertTrue(any("batch auto took" in note for note in notes), notes)
        same = self.expect(select(taken), 0)
        self.assertEqual(halved.json()["picks"], same.json()["picks"])
        measured = halved.err.split("batch auto took ")[1].split(":")[0]
        if int(measured) > 2:
            self.assertTrue(any("there was no memory for batches of 4: begun anew "
                                "with 2" in note for note in notes), notes)
        # Whoever has named a batch gets that, or an error.
        named = self.expect(select(4), 5, error="model.memory")
        self.assertIn("smaller batches, or fewer executors", named.err)

    def test_batch_and_precision_are_both_measured_where_memory_is_short(self):
        model = self.without_memory(2, brightest=-1000)
        run = self.expect(
            quarry("select", "--data", self.pool, "--model", model, "--cache", "off",
                   "--strategy", "margin", "--budget", 5, "--json", "--batch", "auto",
                   "--precision", "auto"), 0)
        self.assertIn(run.json()["batch"], (1, 2))
        self.assertRegex(run.err, "precision auto took .*, in batches of 2:")
        self.assertIn("batch auto took", run.err)

    def test_executors_that_were_measured_are_said(self):
        out = self.dir / "out"
        run = self.expect(self.select("--executors", "auto", "--threads", 2,
                                      "--out", out), 0).json()
        self.assertEqual(run["executors"] * run["threads_per_executor"], 2)
        notes = json.loads((out / "summary.json").read_text())["notes"]
        self.assertTrue(any("executors auto took" in note for note in notes), notes)
        fewer = self.expect(self.select("--executors", 1, "--threads", 2), 0).json()
        self.assertEqual((fewer["executors"], fewer["threads_per_executor"]), (1, 2))

    def test_cache_says_what_there_is_and_removes_it(self):
        empty = self.cache("stats")
        self.assertEqual(empty["predictions"], [])
        self.assertEqual(empty["copies"], {"copies": 0, "bytes": 0})
        self.expect(self.select(), 0)
        recipe = self.recipe_of_predictions("stats")
        self.assertEqual(recipe["samples"], COUNT)
        self.assertEqual(recipe["classes"], 2)
        self.assertEqual(recipe["batch"], 16)
        self.assertIn("libtorch", recipe["computes_with"])
        recipe = self.recipe_of_predictions("verify")
        self.assertEqual(recipe["damaged"], 0)
        rows = pathlib.Path(recipe["folder"]) / "rows"
        data = bytearray(rows.read_bytes())
        data[7] ^= 1
        rows.write_bytes(data)
        recipe = self.recipe_of_predictions("verify", code=3)
        self.assertEqual(recipe["damaged"], 1)
        mended = self.expect(self.select(), 0)
        self.assertIn("1 kept prediction had been damaged", mended.err)
        self.assertEqual(mended.json()["predictions"],
                         counts(cached=COUNT - 1, from_embeddings=1, kept=1))
        self.cache("verify")
        text = self.expect(quarry("cache", "--workspace", self.workspace), 0).out
        self.assertIn("60 samples", text)
        self.assertEqual(self.cache("clear")["predictions"], [])
        self.assertEqual(self.expect(self.select(), 0).json()["predictions"]["cached"],
                         0)

    def test_a_killed_run_goes_on(self):
        expected = self.expect(self.select("--cache", "off"), 0).json()["picks"]
        command = [QUARRY, "select", "--data", str(self.pool), "--model",
                   str(self.model), "--workspace", str(self.workspace), "--batch",
                   "16", "--strategy", "margin", "--budget", "5", "--quiet"]
        for wait in (0.05, 0.2, 0.4, 0.6):
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
            time.sleep(wait)
            process.send_signal(signal.SIGKILL)
            process.wait()
            again = self.expect(self.select(), 0).json()
            self.assertEqual(again["picks"], expected)
            self.assertEqual(again["pool"]["scored"], COUNT)
            self.cache("verify")
            self.cache("clear")


if __name__ == "__main__":
    main(torch=True)
