"""--config: YAML of ours and of ALaaS."""

import random

from _quarry import TestCase, main, quarry, write_npy


class Config(TestCase):
    def setUp(self):
        super().setUp()
        rows = [[0.9, 0.1], [0.5, 0.5], [0.7, 0.3], [0.6, 0.4]]
        self.probs = write_npy(self.dir / "p.npy", sum(rows, []), (4, 2))

    def config(self, text):
        path = self.dir / "run.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def rank(self, text, *more):
        return quarry(
            "rank", "--json", "--probs", self.probs, "--config",
            self.config(text), *more,
        )

    def test_every_flag_has_a_key(self):
        outcome = self.expect(
            self.rank(
                "strategy: margin\nbudget: 2\nseed: 7\nties: index\nmax_bad: 0.2\n"
                "on_error: stop\nthreads: 1\n"
            ),
            0,
        )
        document = outcome.json()
        self.assertEqual([p["index"] for p in document["picks"]], [1, 3])
        self.assertEqual(document["seed"], 7)
        self.assertEqual(document["ties"], "index")
        self.assertEqual(document["threads"], 1)

    def test_the_command_line_wins(self):
        document = self.rank(
            "strategy: margin\nbudget: 2\nseed: 7", "--budget", 3, "--seed=1"
        ).json()
        self.assertEqual(document["budget"], 3)
        self.assertEqual(document["seed"], 1)

    def test_flags_without_value_are_true_or_false(self):
        outcome = quarry(
            "rank", "--probs", self.probs, "--config",
            self.config("strategy: margin\nbudget: 2\njson: true\nquiet: yes"),
        )
        self.expect(outcome, 0)
        self.assertEqual(len(outcome.json()["picks"]), 2)
        self.assertEqual(outcome.err, "")

    def test_params_is_a_map_and_merges_with_param(self):
        outcome = self.rank(
            "strategy: margin\nbudget: 2\nparams: {beta: 2}", "--param", "gamma=1"
        )
        self.expect(outcome, 2, error="strategy.unknown_param")
        outcome = self.rank("strategy: margin\nbudget: 2\nparams: {}\n")
        self.expect(outcome, 0)

    def test_an_unknown_key_suggests_the_nearest_and_names_the_line(self):
        outcome = self.expect(
            self.rank("strategy: margin\nbugdet: 2\n"), 2, error="cli.config"
        )
        self.assertIn("run.yaml:2", outcome.err)
        self.assertIn("did you mean budget?", outcome.err)

    def test_a_key_of_another_command_is_noted(self):
        outcome = self.expect(
            self.rank("strategy: margin\nbudget: 2\nepochs: 3\n"), 0
        )
        self.assertIn("epochs is no flag of quarry rank", outcome.err)

    def test_bad_values_name_file_and_line(self):
        for text in (
            "strategy: margin\nbudget: many",
            "strategy: margin\nbudget: -1",
            "strategy: margin\nbudget: [1, 2]",
            "strategy: margin\nbudget: {a: 1}",
            "strategy: margin\nbudget:",
            "strategy: margin\nties: coin",
            "strategy: margin\nbudget: 1\nbudget: 2",
        ):
            outcome = self.expect(self.rank(text), 2, error="cli.config")
            self.assertIn("run.yaml:", outcome.err)

    def test_garbage_is_an_error_and_never_a_crash(self):
        deep = "[" * 5000
        for text in (
            b"\xff\xfe\x00\x01", b"{", b"a: b: c", b"- a\n- b", b"just text",
            b"? [1, 2]\n: 3", b"\t x", b"a: *nothing", b"!!binary x: y",
            b"&a [*a]", b'"', deep.encode(), b"\x00", b"{[}]", b"1: 2",
        ):
            outcome = self.rank(text, "--strategy", "margin", "--budget", 1)
            self.expect(outcome, 2, error="cli.config")

    def test_broken_files_of_alaas_are_errors_and_never_crashes(self):
        for text in (
            "{strategy: {type: []}}", "{strategy: {type: [a, b]}}",
            "{strategy: {type: {a: b}}}", "{strategy: {type: ~}}",
            "{strategy: {algorithm: [[]]}}", "{budget: []}", "{budget: {}}",
            "{budget: ~}", "{strategy: {model: {batch_size: []}}}",
            "{strategy: {model: {device: {}}}}",
            "{strategy: {model: {batch_size: [[1]]}}}",
        ):
            outcome = self.rank(
                f"active_learning: {text}", "--threads", 1
            )
            self.expect(outcome, 2, error="cli.config")

    def test_odd_files_of_alaas_say_nothing(self):
        for text in (
            "~", "[]", "{}", "word", "[[], {}]", "{strategy: []}",
            "{strategy: ~}", "{strategy: {model: []}}", "{? [a] : b}",
            "&a {strategy: *a}", "{strategy: {model: &m {x: *m}}}",
            "{strategy: {infer_model: {name: [x.pt]}}}",
        ):
            outcome = self.rank(
                f"active_learning: {text}", "--strategy", "margin", "--budget", 1
            )
            self.expect(outcome, 0)

    def test_no_value_of_any_key_crashes(self):
        draw = random.Random(7)
        keys = (
            "strategy budget seed ties params param input max_bad on_error json "
            "quiet dry_run threads batch labelled active_learning name"
        ).split()
        scalars = (
            "~ [] {} '' \"\" 1 -1 1e400 nan .inf yes no x 0x10 18446744073709551616 "
            "*a &a !!str !!binary <<: - ? | > \\u0000"
        ).split()

        def value(depth):
            kind = draw.random()
            if depth == 0 or kind < 0.6:
                return draw.choice(scalars)
            if kind < 0.8:
                inner = (value(depth - 1) for _ in range(draw.randint(0, 3)))
                return "[" + ", ".join(inner) + "]"
            inner = (
                f"{draw.choice(keys)}: {value(depth - 1)}"
                for _ in range(draw.randint(0, 3))
            )
            return "{" + ", ".join(inner) + "}"

        for _ in range(60):
            text = "".join(
                f"{draw.choice(keys)}: {value(3)}\n"
                for _ in range(draw.randint(1, 3))
            )
            outcome = self.rank(text, "--strategy", "margin", "--budget", 1)
            self.assertIn(outcome.code, (0, 2, 3), (text, outcome))
            self.assertEqual(
                len(outcome.error_lines()), int(outcome.code != 0), (text, outcome)
            )
            self.assertNotIn("cli.unexpected", outcome.err, text)

    def test_an_empty_file_says_nothing(self):
        for text in ("", "\n", "# a comment\n", "---\n"):
            outcome = self.rank(text, "--strategy", "margin", "--budget", 1)
            self.expect(outcome, 0)

    def test_a_missing_file_is_an_error(self):
        outcome = quarry("rank", "--config", self.dir / "none.yaml")
        self.expect(outcome, 3, error="file.not_found")

    def test_a_file_of_alaas_is_understood(self):
        outcome = self.expect(
            self.rank(
                "name: IMG\nversion: 0.1\nactive_learning:\n  budget: 2\n"
                "  strategy:\n    type: MarginConfidence\n    model:\n"
                "      name: resnet18\n      hub: pytorch/vision\n"
                "      batch_size: 16\n      device: CPU\n"
                "  al_worker: {protocol: http, port: 60035}\n"
            ),
            0,
        )
        document = outcome.json()
        self.assertEqual(document["strategy"], "margin")
        self.assertEqual(document["budget"], 2)
        self.assertEqual(document["batch"], 16)
        for ignored in (
            "name", "version", "active_learning.al_worker",
            "active_learning.strategy.model.hub",
            "active_learning.strategy.model.name",
        ):
            self.assertIn(ignored, outcome.err)

    def test_names_of_alaas_map_to_ours(self):
        for theirs, ours in {
            "RandomSampling": "random",
            "LeastConfidence": "least_confidence",
            "RatioConfidence": "ratio",
            "EntropySampling": "entropy",
        }.items():
            text = f"active_learning: {{strategy: {{algorithm: {theirs}}}}}"
            document = self.rank(text, "--budget", 1).json()
            self.assertEqual(document["strategy"], ours)


if __name__ == "__main__":
    main()
