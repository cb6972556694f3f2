#include "quarry/pipeline/selection.hpp"

#include <locale>
#include <string>

#include "catch.hpp"

namespace quarry {
namespace {

Selection a_selection() {
  Selection selection;
  selection.picks.resize(100);
  RunSummary& run = selection.run;
  run.samples = 10000;
  run.candidates = 9995;
  run.scored = 9990;
  run.seconds = 4.1;
  run.seed = 7;
  run.batch = 128;
  run.threads = 2;
  run.bytes_read = 12'345'678;
  run.peak_memory = 250'000'000;
  run.stages = {{.stage = "fetch",
                 .busy = 0.5,
                 .blocked = 3.25,
                 .workers = 4,
                 .items = 9995},
                {.stage = "infer",
                 .busy = 8.0,
                 .starved = 0.125,
                 .workers = 2,
                 .items = 9990}};
  return selection;
}

TEST_CASE("the brief report is a line") {
  Selection selection = a_selection();
  REQUIRE(selection.brief_report() ==
          "100 picks from 9,990 of 10,000 samples in 4.1 s (2,437/s)");
  selection.picks.resize(1);
  selection.run.failed = 5;
  selection.stopped = Stopped::cancelled;
  REQUIRE(selection.brief_report() ==
          "1 pick from 9,990 of 10,000 samples in 4.1 s (2,437/s), 5 failed, "
          "cancelled");
}

TEST_CASE("the full report adds stages, failures by kind and notes") {
  Selection selection = a_selection();
  RunSummary& run = selection.run;
  run.failures = {{1, "b", {"decode.corrupt", "x"}},
                  {2, "c", {"file.read", "y"}},
                  {3, "d", {"file.read", "z"}}};
  run.failed = 3;
  run.notes = {"the card is missing"};
  const std::string report = selection.full_report();
  CAPTURE(report);
  REQUIRE_THAT(report, Catch::StartsWith(selection.brief_report() + "\n"));
  REQUIRE_THAT(report, Catch::Contains("fetch"));
  REQUIRE_THAT(report, Catch::Contains("98 % of 2 workers"));
  REQUIRE_THAT(report, Catch::Contains("starved 0.13 s") ||
                           Catch::Contains("starved 0.12 s"));
  REQUIRE_THAT(report, Catch::Contains("blocked 3.25 s"));
  REQUIRE_THAT(report, Catch::Contains("12.3 MB"));
  REQUIRE_THAT(report, Catch::Contains("2 × file.read, 1 × decode.corrupt"));
  REQUIRE_THAT(report, Catch::Contains("note: the card is missing"));
  REQUIRE_THAT(report, Catch::EndsWith("\n"));
}

/// Numbers as in "1.234,5".
struct Comma : std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
};

TEST_CASE("reports do not depend on the locale") {
  const Selection selection = a_selection();
  const std::string before = selection.full_report();
  const std::locale saved =
      std::locale::global(std::locale(std::locale(), new Comma));
  const std::string after = selection.full_report();
  std::locale::global(saved);
  REQUIRE(after == before);
}

TEST_CASE("throughput is scored samples a second, and 0 before any run") {
  REQUIRE(a_selection().run.throughput() == Approx(9990 / 4.1));
  REQUIRE(RunSummary().throughput() == 0.0);
  REQUIRE(Selection().brief_report() ==
          "0 picks from 0 of 0 samples in 0.0 s (0/s)");
}

TEST_CASE("a scored pool reports in the same words") {
  ScoredPool pool;
  pool.run = a_selection().run;
  REQUIRE(pool.brief_report() ==
          "scored 9,990 of 10,000 samples in 4.1 s (2,437/s)");
  REQUIRE_THAT(pool.full_report(), Catch::Contains("infer"));
}

TEST_CASE("why a run stopped has a name") {
  REQUIRE(name_of(Stopped::budget_met) == "budget_met");
  REQUIRE(name_of(Stopped::pool_exhausted) == "pool_exhausted");
  REQUIRE(name_of(Stopped::cancelled) == "cancelled");
}

}  // namespace
}  // namespace quarry
