"""--trace FILE, and what a run says of its own time."""

import collections
import json
import math
import pathlib
import resource
import signal
import subprocess
import time

from _quarry import QUARRY, TestCase, cifar_images, main, quarry, small_model

COUNT, BATCH = 300, 64
STAGES = ["fetch", "decode", "infer", "score", "select"]


class Trace(TestCase):
    def setUp(self):
        super().setUp()
        self.pool = self.dir / "pool"
        self.paths = cifar_images(self.pool, COUNT)
        self.file = self.dir / "trace.json"
        self.out = self.dir / "out"

    def select(self, *args, data=None, **kw):
        return quarry(
            "select", "--data", data or self.pool, "--model", small_model(),
            "--strategy", "margin", "--budget", 10, "--batch", BATCH, "--json",
            "--cache", "off", *args, **kw,
        )

    def check_laws(self, seconds):
        """{stage: [samples of each event]}; every event is complete, within the
        run, and alone in its row."""
        with open(self.file) as file:
            trace = json.load(file)
        stages, rows = {}, {}
        spans = collections.defaultdict(list)
        samples = collections.defaultdict(list)
        for event in trace:
            if event["ph"] == "M":
                kind = stages if event["name"] == "process_name" else rows
                key = (event["pid"], event["tid"])
                kind[key[0] if kind is stages else key] = event["args"]["name"]
                continue
            self.assertEqual(event["ph"], "X")
            self.assertEqual(stages[event["pid"]], event["name"])
            row = (event["pid"], event["tid"])
            self.assertTrue(rows[row].startswith(event["name"] + " "))
            begin = round(1000 * event["ts"])  # nanoseconds
            spans[row].append((begin, begin + round(1000 * event["dur"])))
            samples[event["name"]].append(event["args"]["samples"])
        for its in spans.values():
            its.sort()
            self.assertGreaterEqual(its[0][0], 0)
            self.assertLessEqual(its[-1][1], 1e9 * seconds)
            for (_, end), (begin, _) in zip(its, its[1:]):
                self.assertGreaterEqual(begin, end)
        return samples

    def test_it_has_an_event_for_each_batch(self):
        plain = self.expect(self.select(), 0).json()
        traced = self.expect(self.select("--trace", self.file), 0).json()
        self.assertEqual(traced["picks"], plain["picks"])
        samples = self.check_laws(traced["seconds"]["total"])
        self.assertEqual(list(samples), STAGES)
        batches = [min(BATCH, COUNT - first) for first in range(0, COUNT, BATCH)]
        for stage in ("fetch", "decode", "infer", "score"):
            self.assertEqual(sorted(samples[stage]), sorted(batches), stage)
        self.assertEqual(samples["select"], [10])
        # One file, and nothing beside it.
        self.assertEqual(
            sorted(p.name for p in self.dir.iterdir()), ["pool", "trace.json"]
        )

    def test_score_has_one_too_and_so_has_a_configuration_file(self):
        config = self.dir / "quarry.yaml"
        config.write_text(f"trace: {self.file}\nbatch: {BATCH}\n")
        outcome = quarry(
            "score", "--data", self.pool, "--model", small_model(), "--out",
            self.out, "--json", "--config", config,
        )
        document = self.expect(outcome, 0).json()
        samples = self.check_laws(document["seconds"]["total"])
        self.assertEqual(list(samples), STAGES[:4])
        self.assertEqual(len(samples["infer"]), math.ceil(COUNT / BATCH))
        self.assertEqual(sum(samples["infer"]), COUNT)

    def test_bad_samples_have_no_place_in_a_batch(self):
        self.paths[7].write_bytes(b"broken")
        document = self.expect(self.select("--trace", self.file), 0).json()
        samples = self.check_laws(document["seconds"]["total"])
        self.assertEqual(sum(samples["decode"]), COUNT)
        self.assertEqual(sum(samples["infer"]), COUNT - 1)

    def test_where_it_cannot_be_written_the_run_does_not_begin(self):
        for file in (self.dir / "no" / "trace.json", self.pool, "/dev/null"):
            outcome = self.select("--trace", file)
            self.expect(outcome, 1, error="file.write")
            self.assertIn(str(file), outcome.err)
            self.assertEqual(outcome.out, "")

    def test_a_dry_run_writes_none(self):
        self.expect(self.select("--trace", self.file, "--dry-run"), 0)
        self.assertFalse(self.file.exists())

    def test_a_full_disk_costs_the_trace_and_not_the_picks(self):
        expected = self.expect(self.select(), 0).json()["picks"]
        limit = (400, 400)
        done = subprocess.run(
            [QUARRY, "select", "--data", self.pool, "--model", small_model(),
             "--strategy", "margin", "--budget", "10", "--json", "--batch",
             str(BATCH), "--trace", self.file, "--cache", "off"],
            capture_output=True, text=True,
            restore_signals=False,  # a file too large is an error, no signal
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit),
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["picks"], expected)
        self.assertIn("there is no trace of the run: cannot write", done.stderr)
        self.assertFalse(self.file.exists())

    def test_a_cancelled_run_leaves_a_whole_trace(self):
        # The same images many times over, so that the run lasts.
        manifest = self.dir / "long.jsonl"
        with open(manifest, "w") as lines:
            for number in range(1000 * COUNT):
                path = self.paths[number % COUNT]
                lines.write(json.dumps({"uri": str(path), "id": str(number)}) + "\n")
        run = subprocess.Popen(
            [QUARRY, "select", "--data", manifest, "--model", small_model(),
             "--strategy", "margin", "--budget", "10", "--json", "--trace",
             self.file, "--cache", "off"],  # which knows the repeated ones
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        # What is written beside its place shows that the run is under way.
        begun = lambda: any(
            p.name not in ("pool", "long.jsonl") and p.stat().st_size > 0
            for p in self.dir.iterdir()
        )
        while not begun() and run.poll() is None:
            time.sleep(0.05)
        run.send_signal(signal.SIGINT)
        stdout, stderr = run.communicate(timeout=120)
        self.assertEqual(run.returncode, 6, stderr)
        document = json.loads(stdout)
        samples = self.check_laws(document["seconds"]["total"])
        self.assertGreater(sum(samples["infer"]), 0)
        self.assertLess(sum(samples["infer"]), 1000 * COUNT)

    def test_the_summary_says_where_the_time_went(self):
        document = self.expect(self.select("--out", self.out), 0).json()
        summary = json.loads((self.out / "summary.json").read_text())
        self.assertEqual(summary["bottleneck"], document["bottleneck"])
        self.assertRegex(summary["bottleneck"], r"\d+ %")
        self.assertGreater(summary["cpu_seconds"], 0)
        self.assertGreaterEqual(summary["cores"], 1)
        total = summary["seconds"]["total"]
        lines = (self.out / "timeline.jsonl").read_text().splitlines()
        for name, stage, line in zip(STAGES, summary["stages"], lines, strict=True):
            timeline = json.loads(line)
            self.assertEqual(
                list(timeline),
                ["stage", "slot_seconds", "busy", "starved", "blocked", "queued"],
            )
            self.assertEqual([stage["stage"], timeline["stage"]], [name, name])
            self.assertGreaterEqual(stage["cpu"], 0)
            width = timeline["slot_seconds"]
            for kind in ("busy", "starved", "blocked", "queued"):
                values = timeline[kind]
                self.assertEqual(len(values), math.ceil(total / width), kind)
                self.assertLessEqual(len(values), 256)
                self.assertGreaterEqual(min(values), 0)
                if kind == "queued":
                    continue
                self.assertLessEqual(max(values), stage["workers"] + 0.001)
                ends = [min((i + 1) * width, total) for i in range(len(values))]
                spent = sum(
                    v * (end - i * width)
                    for i, (v, end) in enumerate(zip(values, ends))
                )
                self.assertAlmostEqual(spent, stage[kind], delta=0.001 * total)
        page = (self.out / "report.html").read_text()
        self.assertIn(f"<b>{summary['bottleneck']}</b>", page)
        self.assertEqual(page.count('<div class="lane">'), len(STAGES))


if __name__ == "__main__":
    main(torch=True, shared=True)
