"""quarry rank: JSON, files, names, failed rows."""

import json
import math
import random

from _quarry import TestCase, main, quarry, write_npy

KEYS = [
    "schema_version", "command", "strategy", "params", "budget", "seed", "ties",
    "device", "precision", "batch", "threads", "stopped", "picks", "pool",
    "predictions", "failures", "seconds", "throughput", "bottleneck",
]


def probabilities(rows, classes=3, seed=1):
    draw = random.Random(seed)
    table = []
    for _ in range(rows):
        row = [draw.expovariate(1) for _ in range(classes)]
        table.append([p / sum(row) for p in row])
    return table


def margin(row):
    first, second = sorted(row, reverse=True)[:2]
    return 1 - (first - second)


class Rank(TestCase):
    def setUp(self):
        super().setUp()
        self.table = probabilities(50)
        self.save()

    def save(self):
        flat = [p for row in self.table for p in row]
        self.probs = write_npy(
            self.dir / "probabilities.npy", flat, (len(self.table), 3)
        )

    def rank(self, *args, strategy="margin", budget=5):
        return quarry(
            "rank", "--strategy", strategy, "--budget", budget, "--probs",
            self.probs, *args,
        )

    def best(self, count, skip=()):
        rows = [i for i in range(len(self.table)) if i not in skip]
        rows.sort(key=lambda i: (-margin(self.table[i]), i))
        return rows[:count]

    def indices(self, outcome):
        return [pick["index"] for pick in outcome.json()["picks"]]

    def test_json_has_the_documented_keys_in_order(self):
        document = self.expect(self.rank("--json"), 0).json()
        self.assertEqual(list(document), KEYS)
        self.assertEqual(document["schema_version"], 1)
        self.assertEqual(document["command"], "rank")
        self.assertEqual(document["params"], {})
        self.assertEqual(document["stopped"], "budget_met")
        self.assertEqual(
            document["pool"], {"samples": 50, "scored": 50, "failed": 0}
        )
        self.assertEqual(set(document["seconds"]), {"total", "busy"})
        self.assertIn("select", document["seconds"]["busy"])
        pick = document["picks"][0]
        self.assertEqual(list(pick), ["rank", "index", "id", "uri", "score"])
        self.assertEqual(pick["rank"], 0)
        self.assertEqual(pick["id"], str(pick["index"]))

    def test_a_stream_decides_about_rows_in_their_order(self):
        def asked(fraction, window, start, step):
            rows, recent, threshold = [], 0.0, start
            for i, row in enumerate(self.table):
                recent_before = recent
                recent *= (window - 1) / window
                if recent_before / window >= fraction:
                    continue
                unsure = max(row) < threshold
                threshold *= 1 - step if unsure else 1 + step
                if unsure:
                    rows.append(i)
                    recent += 1
            return rows

        outcome = self.rank(
            "--json", "--param", "fraction=0.4", "--param", "window=10",
            "--param", "threshold=0.7", strategy="fixed_uncertainty",
            budget=50,
        )
        want = asked(0.4, 10, 0.7, 0.0)
        self.assertEqual(self.indices(outcome), want)
        self.assertLess(len(want), 50)
        self.assertEqual(outcome.json()["stopped"], "pool_exhausted")
        self.assertIsNone(outcome.json()["picks"][0]["score"])
        outcome = self.rank(
            "--json", "--param", "fraction=0.6", "--param", "start=0.9",
            "--param", "step=0.1", strategy="variable_uncertainty", budget=3,
        )
        self.assertEqual(self.indices(outcome), asked(0.6, 100, 0.9, 0.1)[:3])
        self.assertEqual(outcome.json()["stopped"], "budget_met")

    def test_a_strategy_inside_another_has_parameters_too(self):
        outcome = self.rank(
            "--json", "--param", "strategy=epsilon_greedy", "--param",
            "epsilon=0", "--param", "parts=1", strategy="partitioned",
        )
        self.assertEqual(self.indices(outcome), self.best(5))

    def test_picks_are_those_of_a_sort(self):
        outcome = self.rank("--json", budget=20)
        self.assertEqual(self.indices(outcome), self.best(20))
        for pick in outcome.json()["picks"]:
            self.assertAlmostEqual(
                pick["score"], margin(self.table[pick["index"]]), places=12
            )

    def test_a_larger_budget_gives_all_in_order(self):
        outcome = self.rank("--json", budget=80)
        self.assertEqual(self.indices(outcome), self.best(50))
        self.assertEqual(outcome.json()["stopped"], "pool_exhausted")

    def test_labelled_rows_are_no_candidates(self):
        gone = self.best(4)
        rows = write_npy(self.dir / "l.npy", gone, (len(gone),), "<i8")
        (self.dir / "l.txt").write_text("\n".join(map(str, gone)) + "\n")
        for file in (rows, self.dir / "l.txt"):
            outcome = self.rank("--json", "--labelled", file)
            self.assertEqual(self.indices(outcome), self.best(5, gone))

    def test_a_row_number_past_the_end_is_an_error(self):
        rows = write_npy(self.dir / "l.npy", [50], (1,), "<i8")
        outcome = self.rank("--labelled", rows)
        self.expect(outcome, 3, error="labelled.invalid")

    def test_all_nan_rows_are_failed_samples_and_no_candidates(self):
        first = self.best(1)[0]
        self.table[first] = [math.nan] * 3
        self.save()
        outcome = self.rank("--json")
        document = self.expect(outcome, 0).json()
        self.assertEqual(self.indices(outcome), self.best(5, [first]))
        self.assertEqual(document["pool"]["failed"], 1)
        self.assertEqual(document["failures"][0]["index"], first)

    def test_a_broken_row_is_an_error_that_names_it(self):
        self.table[7] = [math.nan, 0.5, 0.5]
        self.save()
        outcome = self.expect(self.rank(), 3, error="strategy.bad_row")
        self.assertIn("row 7", outcome.err)

    def test_names_come_from_the_file_beside_the_array(self):
        lines = [{"row": i, "id": f"a/{i}.jpg", "uri": f"file:///a/{i}.jpg"}
                 for i in range(50)]
        lines[3].update(error="decode.corrupt", message="cut short")
        self.table[3] = [math.nan] * 3
        self.save()
        samples = self.dir / "samples.jsonl"
        samples.write_text("".join(json.dumps(line) + "\n" for line in lines))
        document = self.expect(self.rank("--json"), 0).json()
        pick = document["picks"][0]
        self.assertEqual(pick["id"], f"a/{pick['index']}.jpg")
        self.assertEqual(pick["uri"], f"file:///a/{pick['index']}.jpg")
        self.assertEqual(document["failures"][0]["id"], "a/3.jpg")
        self.assertIn("decode.corrupt", document["failures"][0]["message"])

        # Another number of rows: noted, not used; asked for, an error.
        samples.write_text('{"id": "only"}\n')
        outcome = self.expect(self.rank("--json"), 0)
        self.assertIn("not used", outcome.err)
        self.expect(
            self.rank("--samples", samples), 3, error="samples.invalid"
        )

    def test_garbage_for_names_is_an_error(self):
        samples = self.dir / "names.jsonl"
        for text in ("{", "[]\n" * 50, '{"id": 3}\n' * 50,
                     '{"id": "a"}\n' * 50, '{"row": 1, "id": "a"}\n'):
            samples.write_text(text)
            outcome = self.rank("--samples", samples)
            self.assertEqual(outcome.code, 3, outcome)
            self.assertEqual(len(outcome.error_lines()), 1, outcome)

    def test_garbage_for_arrays_is_an_error(self):
        for text in (b"", b"\x93NUMPY", b"hello" * 100, b"\x00" * 4096):
            path = self.dir / "bad.npy"
            path.write_bytes(text)
            outcome = quarry(
                "rank", "--strategy", "margin", "--budget", 1, "--probs", path
            )
            self.expect(outcome, 3, error="npy.invalid")

    def test_ties_go_by_hash_or_by_index(self):
        self.table = [[0.5, 0.3, 0.2]] * 30
        self.save()
        index = self.indices(self.rank("--json", "--ties", "index"))
        self.assertEqual(index, [0, 1, 2, 3, 4])
        by_hash = self.indices(self.rank("--json"))
        self.assertNotEqual(by_hash, index)
        self.assertEqual(by_hash, self.indices(self.rank("--json")))
        self.assertNotEqual(
            by_hash, self.indices(self.rank("--json", "--seed", 1))
        )

    def test_threads_do_not_change_picks(self):
        expected = self.indices(self.rank("--json", strategy="random"))
        for threads in (1, 2, 7):
            outcome = self.rank("--json", "--threads", threads, strategy="random")
            self.assertEqual(self.indices(outcome), expected)
            self.assertEqual(outcome.json()["threads"], threads)

    def test_unknown_strategy_and_parameter(self):
        outcome = self.rank(strategy="margni")
        self.expect(outcome, 2, error="strategy.unknown")
        self.assertIn("margin", outcome.err)
        self.expect(
            self.rank("--param", "beta=2"), 2, error="strategy.unknown_param"
        )
        self.expect(self.rank("--param", "beta"), 2, error="strategy.bad_param")

    def test_a_missing_input_is_named(self):
        outcome = self.rank(strategy="k_center")
        self.expect(outcome, 2, error="strategy.missing_input")
        self.assertIn("embeddings", outcome.err)

    def test_k_center_covers(self):
        points = [0.0, 0.1, 10.0, 10.1, 5.0]
        embeddings = write_npy(self.dir / "e.npy", points, (5, 1))
        labelled = write_npy(self.dir / "l.npy", [0], (1,), "<i8")
        outcome = quarry(
            "rank", "--strategy", "k_center", "--budget", 2, "--embeddings",
            embeddings, "--labelled", labelled, "--json",
        )
        self.assertEqual(self.indices(outcome), [3, 4])

    def test_out_has_the_four_files(self):
        out = self.dir / "out"
        outcome = self.expect(self.rank("--json", "--out", out), 0)
        lines = (out / "selection.jsonl").read_text().splitlines()
        picks = [json.loads(line) for line in lines]
        self.assertEqual([p["index"] for p in picks], self.indices(outcome))
        summary = json.loads((out / "summary.json").read_text())
        self.assertEqual(summary["picked"], 5)
        self.assertNotIn("picks", summary)
        self.assertEqual((out / "failures.jsonl").read_text(), "")
        page = (out / "report.html").read_text()
        self.assertIn("<!doctype html>", page)

    def test_out_that_is_a_file_is_an_error(self):
        (self.dir / "file").write_text("")
        self.expect(self.rank("--out", self.dir / "file"), 2, error="cli.out")

    def test_without_json_it_is_a_table(self):
        outcome = self.expect(self.rank(), 0)
        self.assertEqual(len(outcome.out.splitlines()), 6)
        self.assertIn("rank", outcome.out.splitlines()[0])
        self.assertIn("5 picks from 50 of 50 samples", outcome.err)

    def test_quiet_leaves_stderr_empty(self):
        self.assertEqual(self.rank("--quiet").err, "")

    def test_what_has_no_effect_is_said(self):
        outcome = self.expect(
            self.rank("--device", "cpu", "--cache", "on", "--batch", "auto"), 0
        )
        for flag in ("--device", "--cache", "--batch"):
            self.assertIn(flag, outcome.err)

    def test_labelled_and_failed_rows_are_counted_apart(self):
        gone = [0, 1, 2, 3, 4]
        self.table[9] = [math.nan] * 3
        self.save()
        labelled = write_npy(self.dir / "l.npy", gone, (5,), "<i8")
        out = self.dir / "out"
        document = self.expect(
            self.rank("--json", "--labelled", labelled, "--out", out), 0
        ).json()
        # 50 rows, of which 45 are candidates, of which one failed.
        self.assertEqual(
            document["pool"], {"samples": 50, "scored": 44, "failed": 1}
        )
        summary = json.loads((out / "summary.json").read_text())
        self.assertEqual(summary["candidates"], 45)
        page = (out / "report.html").read_text()
        self.assertIn("44 of 45 candidates", page)

    def test_nothing_to_choose_from_is_an_error(self):
        every = write_npy(self.dir / "l.npy", list(range(50)), (50,), "<i8")
        outcome = self.rank("--labelled", every)
        self.expect(outcome, 3, error="pipeline.empty")
        self.assertIn("50 rows are labelled already", outcome.err)
        self.table = [[math.nan] * 3] * 50
        self.save()
        self.expect(self.rank(), 3, error="pipeline.empty")
        self.table = []
        self.save()
        self.expect(self.rank(), 3, error="pipeline.empty")

    def test_arrays_of_other_samples_are_named(self):
        embeddings = write_npy(self.dir / "e.npy", [0.5] * 80, (20, 4))
        probs = write_npy(self.dir / "p.npy", [0.5] * 24, (12, 2))
        passes = write_npy(self.dir / "k.npy", [0.5] * 72, (3, 12, 2))
        for strategy in ("margin", "k_center", "random"):
            for name, file in (("probabilities", probs), ("passes", passes)):
                outcome = quarry(
                    "rank", "--strategy", strategy, "--budget", 2,
                    "--embeddings", embeddings, "--input", f"{name}={file}",
                )
                self.expect(outcome, 3, error="strategy.input_shape")
                for word in (embeddings, file, "20", "12 rows"):
                    self.assertIn(word, outcome.err)

    def test_an_array_of_another_rank_is_named(self):
        one = write_npy(self.dir / "x.npy", [0.5], ())
        flat = write_npy(self.dir / "f.npy", [0.5] * 50, (50,))
        for flags in (("--input", f"x={one}"), ("--probs", flat),
                      ("--probs-mc", self.probs), ("--embeddings", flat)):
            outcome = quarry("rank", "--strategy", "random", "--budget", 1, *flags)
            self.expect(outcome, 3, error="strategy.input_shape")
            self.assertIn(flags[1].split("=")[-1], outcome.err)

    def passes(self, table, kind="<f8"):
        """--probs-mc, from table[k][row][class]."""
        shape = (len(table), len(table[0]) if table else 4, 3)
        flat = [p for one in table for row in one for p in row]
        file = write_npy(self.dir / "k.npy", flat, shape, kind)
        return quarry(
            "rank", "--strategy", "bald", "--budget", 2, "--probs-mc", file,
            "--json",
        )

    def test_passes_are_chosen_from(self):
        # Row 0: all sure of one class. 1: sure of two. 2: unsure, all alike.
        a, b = [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]
        flat = [0.4, 0.3, 0.3]
        outcome = self.expect(self.passes([[a, a, flat], [a, b, flat]]), 0)
        first = outcome.json()["picks"][0]
        self.assertEqual(first["index"], 1)
        self.assertAlmostEqual(first["score"], math.log(2), places=12)

    def test_what_is_wrong_with_passes_is_said(self):
        def table():
            return [probabilities(4, seed=k) for k in range(3)]

        def bad_row(outcome, *words):
            self.expect(outcome, 3, error="strategy.bad_row")
            for word in ("row 2 of passes", *words):
                self.assertIn(word, outcome.err)

        outcome = self.passes([])
        self.expect(outcome, 3, error="strategy.input_shape")
        self.assertIn("[K, N, C] with K, C >= 1", outcome.err)
        self.assertIn("[0, 4, 3]", outcome.err)
        logits = table()
        logits[1][2] = [0.9, 0.9, 0.2]
        bad_row(self.passes(logits), "sums to 2 instead of 1", "softmax")
        logits[1][2] = [-1.5, 2.0, 0.5]
        bad_row(self.passes(logits), "-1.5", "softmax")
        partly = table()
        partly[2][2][0] = math.nan
        bad_row(self.passes(partly), "partly NaN")
        some = table()
        some[0][2] = [math.nan] * 3
        bad_row(self.passes(some), "NaN in some passes only")
        huge = table()
        huge[0][2][1] = math.inf
        bad_row(self.passes(huge), "infinity")
        outcome = self.passes([[[0] * 3] * 4] * 2, kind="<i8")
        self.expect(outcome, 3, error="strategy.input_shape")
        # All NaN is a sample that failed, and no candidate.
        failed = table()
        for one in failed:
            one[2] = [math.nan] * 3
        outcome = self.expect(self.passes(failed), 0)
        self.assertEqual(outcome.json()["pool"]["failed"], 1)

    def test_costs_are_an_input_or_a_parameter(self):
        costs = write_npy(
            self.dir / "c.npy", [0, 1, 1, 1, 0, 1, 30, 30, 0], (3, 3)
        )
        given = self.expect(
            self.rank("--input", f"cost_matrix={costs}", "--json",
                      strategy="expected_cost"), 0,
        )
        named = self.expect(
            self.rank("--param", f"cost_matrix={costs}", "--json",
                      strategy="expected_cost"), 0,
        )
        self.assertEqual(self.indices(given), self.indices(named))
        best = given.json()["picks"][0]
        p = self.table[best["index"]]
        self.assertAlmostEqual(
            best["score"],
            min(p[1] + 30 * p[2], p[0] + 30 * p[2], p[0] + p[1]), places=12,
        )
        outcome = self.rank(strategy="expected_cost")
        self.expect(outcome, 2, error="strategy.missing_input")
        self.assertIn("--input cost_matrix=FILE.npy", outcome.err)
        small = write_npy(self.dir / "s.npy", [0, 1, 1, 0], (2, 2))
        for flags in (("--input", f"cost_matrix={small}"),
                      ("--param", f"cost_matrix={small}")):
            outcome = self.rank(*flags, strategy="expected_cost")
            self.expect(outcome, 3, error="strategy.input_shape")
            self.assertIn("3 classes", outcome.err)
        flat = write_npy(self.dir / "f.npy", [0.0] * 9, (9,))
        outcome = self.rank("--param", f"cost_matrix={flat}",
                            strategy="expected_cost")
        self.expect(outcome, 2, error="strategy.bad_param")

    def test_a_strategy_without_its_passes_says_so(self):
        outcome = self.rank(strategy="bald")
        self.expect(outcome, 2, error="strategy.missing_input")
        for word in ("'passes'", "probabilities f8 [50, 3]", "--probs-mc"):
            self.assertIn(word, outcome.err)

    def test_probabilities_that_are_only_shown_are_checked_too(self):
        self.table[7] = [math.nan, 0.5, 0.5]
        self.save()
        embeddings = write_npy(
            self.dir / "e.npy", [float(i) for i in range(50)], (50, 1)
        )
        outcome = self.rank("--embeddings", embeddings, strategy="k_center",
                            budget=50)
        self.expect(outcome, 3, error="strategy.bad_row")
        self.assertIn("row 7 of probabilities", outcome.err)

    def test_a_dry_run_counts_and_writes_nothing(self):
        out = self.dir / "out"
        self.table[9] = [math.nan] * 3
        self.save()
        labelled = write_npy(self.dir / "l.npy", [0, 1], (2,), "<i8")
        flags = ("--dry-run", "--labelled", labelled, "--out", out)
        document = self.expect(self.rank("--json", *flags), 0).json()
        self.assertIs(document["dry_run"], True)
        self.assertEqual(
            document["pool"],
            {"samples": 50, "candidates": 48, "labelled": 2, "failed": 1},
        )
        self.assertEqual(document["picks"], 5)
        self.assertEqual(document["bytes"]["read"], 50 * 3 * 8)
        self.assertGreater(document["bytes"]["written"], 0)
        self.assertEqual(
            document["inputs"],
            [{"name": "probabilities", "file": self.probs, "shape": [50, 3]}],
        )
        text = self.expect(self.rank(*flags), 0).out
        self.assertIn("50 (2 labelled already, 1 failed)", text)
        self.assertIn(str(out), text)
        self.assertFalse(out.exists())
        # What the run would fail at, it fails at too.
        self.expect(
            self.rank("--dry-run", strategy="k_center"), 2,
            error="strategy.missing_input",
        )

    def test_inputs_need_a_name(self):
        self.expect(self.rank("--input", "x"), 2, error="cli.value")
        self.expect(self.rank("--input", "=x"), 2, error="cli.value")


if __name__ == "__main__":
    main()
