"""What the program does with words it does not understand."""

import json
import subprocess

from _quarry import QUARRY, TestCase, main, quarry, write_npy

COMMANDS = ("demo", "select", "score", "rank", "train", "pack", "list",
            "doctor")


class Usage(TestCase):
    def test_help_of_every_command_has_an_example(self):
        for command in COMMANDS:
            outcome = self.expect(quarry(command, "--help"), 0)
            self.assertIn("Example:", outcome.out)
            self.assertIn(f"quarry {command}", outcome.out)
            self.assertEqual(outcome.err, "")

    def test_help_names_every_command(self):
        outcome = self.expect(quarry("--help"), 0)
        for command in COMMANDS:
            self.assertIn(f"  {command} ", outcome.out)

    def test_version_is_three_numbers(self):
        outcome = self.expect(quarry("--version"), 0)
        self.assertRegex(outcome.out, r"^\d+\.\d+\.\d+\n$")

    def test_no_command_shows_the_help_and_is_a_usage_error(self):
        outcome = quarry()
        self.assertEqual(outcome.code, 2)
        self.assertIn("select", outcome.out)

    def test_unknown_command_suggests_the_nearest(self):
        outcome = self.expect(quarry("selct", "--data", "x"), 2, error="cli.usage")
        self.assertIn("did you mean select?", outcome.err)
        self.assertEqual(outcome.out, "")

    def test_unknown_flag_suggests_the_nearest(self):
        outcome = self.expect(
            quarry("rank", "--budgett", "3"), 2, error="cli.usage"
        )
        self.assertIn("did you mean --budget?", outcome.err)

    def test_unknown_flag_with_a_value_is_named_without_it(self):
        outcome = self.expect(quarry("rank", "--zzz=1"), 2, error="cli.usage")
        self.assertIn("there is no flag --zzz\n", outcome.err)

    def test_stray_words_are_errors(self):
        self.expect(quarry("rank", "stray"), 2, error="cli.usage")
        self.expect(quarry("doctor", "stray"), 2, error="cli.usage")

    def test_values_out_of_range_are_errors(self):
        for flags in (
            ("--ties", "coin"),
            ("--seed", "-1"),
            ("--seed", "1.5"),
            ("--threads", "many"),
            ("--max-bad", "1.5"),
            ("--max-bad", "nan"),
            ("--max-bad", "-nan"),
            ("--max-bad", "-0.1"),
            ("--max-bad", "inf"),
            ("--max-bad", "0.1x"),
            ("--max-bad", ""),
            ("--on-error", "cry"),
            ("--budget", "-3"),
            ("--budget", ""),
            ("--seed", "1", "--seed", "2"),
            ("--cache", "maybe"),
            ("--cache-size", ""),
            ("--cache-size", "0"),
            ("--cache-size", "-1"),
            ("--cache-size", "lots"),
            ("--cache-size", "GB"),
            ("--cache-size", "1.5GB"),
            ("--cache-size", "1 zB"),
            ("--cache-size", "1GBs"),
            ("--cache-size", "18446744073709551616"),
            ("--cache-size", "18446744073709552kB"),
            ("--cache-size", "20000000TiB"),
        ):
            self.expect(quarry("rank", *flags), 2, error="cli.usage")

    def test_connections_have_a_range(self):
        for value in ("0", "257", "few", "-1", "1.5", ""):
            outcome = self.expect(
                quarry("pack", "--connections", value), 2, error="cli.usage"
            )
            self.assertIn("--connections", outcome.err)
            self.assertIn("from 1 to 256", outcome.err)

    def test_a_fraction_kept_back_is_one(self):
        for value in ("nan", "0.95", "-1", "inf", "all"):
            self.expect(
                quarry("train", "--validation", value), 2, error="cli.usage"
            )

    def test_output_that_is_lost_is_an_error(self):
        for args in (["list"], ["list", "--json"], ["doctor"], ["--help"],
                     ["rank", "--help"], ["--version"]):
            command = " ".join([f"'{QUARRY}'", *args])
            for where in (">/dev/full", ">&-"):
                done = subprocess.run(
                    ["sh", "-c", f"{command} {where}"],
                    stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                )
                self.assertEqual(done.returncode, 1, (command, where))
                self.assertIn(b"error[cli.stdout]: ", done.stderr)

    def test_a_closed_stdout_is_not_a_file_of_the_pool(self):
        # Whatever is opened first would be descriptor 1.
        probs = write_npy(self.dir / "p.npy", [0.5] * 20, (10, 2))
        out = self.dir / "out"
        done = subprocess.run(
            ["sh", "-c", f"'{QUARRY}' rank --strategy margin --budget 3 "
             f"--probs '{probs}' --out '{out}' --json >&-"],
            stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
        )
        self.assertEqual(done.returncode, 1, done)
        self.assertIn(b"error[cli.stdout]: ", done.stderr)
        for line in (out / "selection.jsonl").read_text().splitlines():
            self.assertIn("rank", json.loads(line))
        self.assertEqual(json.loads((out / "summary.json").read_text())["picked"], 3)

    def test_notes_that_are_lost_are_no_error(self):
        probs = write_npy(self.dir / "p.npy", [0.5] * 20, (10, 2))
        for where in ("2>/dev/full", "2>&-"):
            done = subprocess.run(
                ["sh", "-c", f"'{QUARRY}' rank --strategy margin --budget 3 "
                 f"--probs '{probs}' --json {where}"],
                stdout=subprocess.PIPE, stdin=subprocess.DEVNULL,
            )
            self.assertEqual(done.returncode, 0, (where, done))
            self.assertEqual(len(json.loads(done.stdout)["picks"]), 3)

    def test_what_is_missing_is_named(self):
        outcome = self.expect(quarry("rank"), 2, error="cli.missing")
        self.assertIn("--strategy", outcome.err)
        outcome = self.expect(
            quarry("rank", "--strategy", "margin"), 2, error="cli.missing"
        )
        self.assertIn("--budget", outcome.err)
        outcome = self.expect(
            quarry("rank", "--strategy", "margin", "--budget", 3),
            2,
            error="cli.missing",
        )
        self.assertIn("--probs", outcome.err)

    def test_an_error_is_one_line_whatever_it_quotes(self):
        outcome = self.expect(
            quarry("rank", "--strategy", "a\nb\x1b[31m", "--budget", 1), 2,
            error="strategy.unknown",
        )
        self.assertNotIn("\x1b", outcome.err)

    def test_nothing_is_on_stdout_when_it_fails(self):
        self.assertEqual(quarry("rank", "--json").out, "")


if __name__ == "__main__":
    main()
