"""quarry list and quarry doctor."""

import re

from _quarry import TestCase, has_torch, main, quarry

SHIPPED = {
    "random", "least_confidence", "margin", "ratio", "entropy", "k_center",
    "mc_least_confidence", "mc_margin", "mc_entropy", "consensus_entropy",
    "variation_ratio", "mean_std", "bald", "vote_entropy", "max_disagreement",
    "kl_qbc", "expected_cost", "epig", "power_bald",
    "softmax_bald", "softrank_bald", "batch_bald",
    "egl", "cal", "cdal", "falcun", "cluster_margin", "gsy", "igs",
    "committee_std", "multilabel_min_confidence", "multilabel_mean_margin",
}


class List(TestCase):
    def test_strategies_have_needs_and_papers(self):
        listed = quarry("list", "strategies", "--json").json()["strategies"]
        by_name = {item["name"]: item for item in listed}
        self.assertLessEqual(SHIPPED, set(by_name))
        self.assertEqual(by_name["margin"]["needs"], ["probabilities"])
        self.assertEqual(by_name["k_center"]["needs"], ["embeddings"])
        self.assertEqual(by_name["bald"]["needs"], ["passes"])
        self.assertIn("Sener", by_name["k_center"]["paper"])
        for item in listed:
            self.assertTrue(item["summary"], item)

    def test_the_table_is_aligned(self):
        outcome = self.expect(quarry("list", "strategies"), 0)
        lines = outcome.out.splitlines()
        column = lines[0].index("needs")
        for line in lines[1:]:
            self.assertEqual(line[column - 1], " ", line)
            self.assertNotEqual(line[column], " ", line)
        self.assertTrue(all(line == line.rstrip() for line in lines))

    def test_one_kind_or_all(self):
        self.assertEqual(
            set(quarry("list", "--json").json()),
            {"schema_version", "command", "strategies", "sources", "models"},
        )
        sources = quarry("list", "sources", "--json").json()
        self.assertNotIn("strategies", sources)
        self.assertIn("directory", {item["name"] for item in sources["sources"]})

    def test_an_unknown_kind_is_a_usage_error(self):
        self.expect(quarry("list", "colours"), 2, error="cli.usage")


class Doctor(TestCase):
    def test_json_says_what_is_there(self):
        facts = quarry("doctor", "--json").json()
        self.assertEqual(facts["command"], "doctor")
        self.assertRegex(facts["quarry"], r"^\d+\.\d+\.\d+$")
        self.assertRegex(facts["allocator"], r"^jemalloc \d+\.\d+|the system's$")
        self.assertGreaterEqual(facts["threads"]["used_by_default"], 1)
        cpu = [d for d in facts["devices"] if d["name"] == "cpu"]
        self.assertEqual([d["usable"] for d in cpu], [True])
        for device in facts["devices"]:
            self.assertTrue(device["usable"] or device["why"], device)

    def test_jemalloc_keeps_the_large_blocks_of_a_batch(self):
        asked = quarry("doctor", "--json",
                       environment={"MALLOC_CONF": "stats_print:true,"
                                                   "stats_interval:1000000"})
        if not asked.out.count('"jemalloc'):
            self.skipTest("this quarry has the system's allocator")
        self.assertIn("opt.oversize_threshold: 0\n", asked.err)
        self.assertIn("opt.dirty_decay_ms: -1 ", asked.err)

    def test_text_names_the_same(self):
        outcome = self.expect(quarry("doctor"), 0)
        self.assertRegex(outcome.out, r"(?m)^device cpu +usable")
        self.assertRegex(outcome.out, r"(?m)^threads +\d+ by default")

    def test_without_libtorch_it_is_missing_and_commands_say_so(self):
        if has_torch():
            self.skipTest("this quarry has libtorch")
        facts = quarry("doctor", "--json").json()
        self.assertTrue(any("libtorch" in m["what"] for m in facts["missing"]))
        for command in ("select", "score", "train", "demo"):
            outcome = self.expect(quarry(command), 5, error="model.no_libtorch")
            self.assertTrue(re.search("hint: .*quickstart", outcome.err), outcome)


if __name__ == "__main__":
    main()
