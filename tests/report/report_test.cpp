#include "quarry/report/report.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "quarry/data/memory_source.hpp"
#include "quarry/decode/encode.hpp"

#include "catch.hpp"
#include "error_id.hpp"
#include "temp_dir.hpp"

namespace {

using quarry::BadSample;
using quarry::Failure;
using quarry::MemorySource;
using quarry::Pick;
using quarry::ReportOptions;
using quarry::Selection;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// 40 samples of three classes with scores 0, 1/40, …; the five best picked.
Selection small_selection() {
  Selection selection;
  selection.classes = {"cat", "dog", "owl"};
  for (int i = 0; i < 40; ++i) {
    selection.scores.add(i / 40.0);
  }
  selection.class_counts = {30, 10};
  for (std::size_t rank = 0; rank < 5; ++rank) {
    const std::size_t index = 39 - rank;
    const std::string id = "s" + std::to_string(index) + ".png";
    selection.picks.push_back({.rank = rank,
                               .index = index,
                               .id = id,
                               .uri = "file:///" + id,
                               .score = static_cast<double>(index) / 40.0,
                               .predicted = index % 4 == 0 ? 1 : 0,
                               .confidence = 0.5F});
  }
  auto& run = selection.run;
  run.samples = run.candidates = run.scored = 40;
  run.seconds = 2.0;
  run.batch = 8;
  run.threads = 2;
  run.stages = {{"decode", 1.0, 0.5, 0.5, 2, 40},
                {"infer", 3.0, 0.5, 0, 2, 40}};
  return selection;
}

std::size_t occurrences(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != text.npos;
       at = text.find(part, at + part.size())) {
    ++count;
  }
  return count;
}

/// What is wrong with the nesting of elements, or "".
std::string unbalanced(std::string_view html) {
  static const std::set<std::string_view> empty = {"meta", "img", "rect",
                                                   "polyline"};
  std::vector<std::string_view> open;
  const std::size_t style = html.find("<style>");
  const std::size_t style_end = html.find("</style>");
  for (std::size_t at = html.find('<'); at != html.npos;
       at = html.find('<', at + 1)) {
    if (at > style && at < style_end) continue;
    const std::size_t end = html.find('>', at);
    if (end == html.npos) return "a tag is not closed";
    std::string_view tag = html.substr(at + 1, end - at - 1);
    if (tag.substr(0, 1) == "!") continue;
    const bool closing = tag.substr(0, 1) == "/";
    const bool single = tag.back() == '/';
    if (closing) tag.remove_prefix(1);
    const std::string_view name = tag.substr(0, tag.find_first_of(" /\n"));
    if (closing) {
      if (open.empty() || open.back() != name)
        return "</" + std::string(name) + "> closes " +
               (open.empty() ? "nothing" : std::string(open.back()));
      open.pop_back();
    } else if (!single && (empty.count(name) == 0 || name == "rect")) {
      open.push_back(name);
    }
  }
  return open.empty() ? "" : "<" + std::string(open.back()) + "> stays open";
}

TEST_CASE("the page is one balanced document that loads nothing", "[report]") {
  const std::string page = report_html(small_selection());
  CHECK(page.rfind("<!doctype html>", 0) == 0);
  CHECK(unbalanced(page) == "");
  for (const char* outside :
       {"http:", "https:", "<script", "<link", "<iframe", "@import", "url("}) {
    INFO(outside);
    CHECK(page.find(outside) == std::string::npos);
  }
  CHECK(page.find("name=\"viewport\"") != std::string::npos);
  CHECK(page.find("prefers-color-scheme:dark") != std::string::npos);
}

TEST_CASE("picks are listed in their order with score and class", "[report]") {
  const std::string page = report_html(small_selection());
  std::size_t before = 0;
  for (const char* id :
       {"s39.png", "s38.png", "s37.png", "s36.png", "s35.png"}) {
    const std::size_t at = page.find(id);
    REQUIRE(at != std::string::npos);
    CHECK(at > before);
    before = at;
  }
  CHECK(page.find("0.975") != std::string::npos);
  CHECK(page.find("50.0 %") != std::string::npos);
}

TEST_CASE("the histogram counts every finite score once", "[report]") {
  Selection selection = small_selection();
  selection.scores.add(nan);
  selection.scores.add(-std::numeric_limits<double>::infinity());
  const std::string page = report_html(selection);
  const auto counted = [&](std::string_view kind) {
    const std::size_t begin = page.find("<svg class=\"of-" + std::string(kind));
    REQUIRE(begin != std::string::npos);
    const std::string svg =
        page.substr(begin, page.find("</svg>", begin) - begin);
    std::size_t sum = 0;
    for (std::size_t at = svg.find(": "); at != svg.npos;
         at = svg.find(": ", at + 1)) {
      sum += static_cast<std::size_t>(std::stoul(svg.substr(at + 2)));
    }
    return sum;
  };
  CHECK(counted("pool") == 40);
  CHECK(counted("pick") == 5);
  CHECK(page.find("pool: 40 samples") != std::string::npos);
}

TEST_CASE("equal scores make one column", "[report]") {
  Selection selection = small_selection();
  selection.scores = {};
  for (int i = 0; i < 40; ++i) selection.scores.add(0.25);
  for (Pick& pick : selection.picks) pick.score = 0.25;
  const std::string page = report_html(selection);
  CHECK(unbalanced(page) == "");
  CHECK(page.find(": 40 samples</title>") != std::string::npos);
}

TEST_CASE("class balance compares shares of pool and picks", "[report]") {
  const std::string page = report_html(small_selection());
  // Of 40 rows 10 are dogs; of the picks 39, 38, 37, 36, 35 only 36.
  CHECK(page.find("25.0 % → <b>20.0 %</b>") != std::string::npos);
  CHECK(page.find("75.0 % → <b>80.0 %</b>") != std::string::npos);
  CHECK(page.find("0.0 % → <b>0.0 %</b>") != std::string::npos);  // owls
}

TEST_CASE("many classes are cut to the most picked", "[report]") {
  Selection selection = small_selection();
  selection.classes.clear();
  selection.class_counts.assign(40, 1);
  for (Pick& pick : selection.picks)
    pick.predicted = static_cast<std::int32_t>(pick.index);
  const std::string page = report_html(selection);
  CHECK(page.find("The 20 of 40 classes") != std::string::npos);
  CHECK(page.find("title=\"39\"") != std::string::npos);
}

TEST_CASE("occupancy is busy time over wall time and workers", "[report]") {
  const std::string page = report_html(small_selection());
  CHECK(page.find("<b>25 %</b> of 2 workers") != std::string::npos);
  CHECK(page.find("<b>75 %</b> of 2 workers") != std::string::npos);
  CHECK(page.find("<b>inference-bound: 75 % busy</b>") != std::string::npos);
}

TEST_CASE("the run is drawn over time, stage by stage", "[report]") {
  Selection selection = small_selection();
  CHECK(report_html(selection).find("class=\"lane\"") == std::string::npos);
  // Three slots, and half a one.
  selection.run.slot_seconds = 2.0 / 3.5;
  selection.run.cores = 2;
  selection.run.cpu = 1.0;
  selection.run.stages[0].timeline = {
      {0, 1, 0, 0}, {1, 0, 1, 0}, {}, {2, 0, 0, 0}};
  selection.run.stages[1].timeline = {
      {0, 0, 0, 8}, {0, 0, 0, 16}, {0, 0, 0, 16}, {2, 0, 0, 0}};
  const std::string page = report_html(selection);
  CHECK(unbalanced(page) == "");
  CHECK(occurrences(page, "<div class=\"lane\">") == 2);
  CHECK(occurrences(page, "viewBox=\"0 0 3.5 100\"") == 3);
  // Under what is starved lies what is blocked, and under that what is busy.
  const std::size_t starved = page.find(
      "<path class=\"starved\" d=\"M0 100H0V50H1V0H2V100H3V0H3.5V100Z\"/>");
  const std::size_t blocked = page.find(
      "<path class=\"blocked\" d=\"M0 100H1V0H2V100H3V0H3.5V100Z\"/>");
  const std::size_t busy =
      page.find("<path class=\"busy\" d=\"M0 100H1V50H2V100H3V0H3.5V100Z\"/>");
  REQUIRE(busy != std::string::npos);
  CHECK(starved < blocked);
  CHECK(blocked < busy);
  CHECK(page.find("up to 16 samples waiting") != std::string::npos);
  CHECK(page.find(
            "<path class=\"queued\" d=\"M0 100H0V50H1V0H3V100H3.5V100Z\"/>") !=
        std::string::npos);
  CHECK(page.find("share 2 cores and used 25 % of their time") !=
        std::string::npos);
}

TEST_CASE("a long run is drawn in few bytes", "[report]") {
  Selection selection = small_selection();
  selection.run.slot_seconds = selection.run.seconds / 256;
  for (quarry::StageTime& stage : selection.run.stages) {
    for (int i = 0; i < 256; ++i) {
      const auto part = static_cast<float>(i % 7) / 7.0F;
      stage.timeline.push_back({.busy = part,
                                .starved = part,
                                .blocked = part,
                                .queued = 99 * part});
    }
  }
  const std::size_t before = report_html(small_selection()).size();
  CHECK(report_html(selection).size() < before + 2 * 4 * 256 * 12);
}

TEST_CASE("failures are counted by kind, the first by name", "[report]") {
  Selection selection = small_selection();
  for (std::size_t i = 0; i < 70; ++i) {
    selection.run.failures.push_back(
        {i, "bad" + std::to_string(i),
         i % 7 == 0 ? Failure{"file.not_found", "it is gone"}
                    : Failure{"decode.corrupt", "it is broken"}});
  }
  selection.run.failed = 70;
  selection.run.samples = 140;
  const std::string page = report_html(selection);
  CHECK(unbalanced(page) == "");
  const std::size_t corrupt = page.find("decode.corrupt</td><td>60</td>");
  const std::size_t gone = page.find("file.not_found</td><td>10</td>");
  REQUIRE(corrupt != std::string::npos);
  REQUIRE(gone != std::string::npos);
  CHECK(corrupt < gone);  // the most frequent first
  CHECK(page.find("50.00 % of the pool") != std::string::npos);
  CHECK(page.find("The first 50 of 70") != std::string::npos);
  CHECK(page.find("bad49<") != std::string::npos);
  CHECK(page.find("bad50<") == std::string::npos);
}

TEST_CASE("hostile texts stay texts, wherever they stand", "[report]") {
  const std::string evil = "</title><script>alert(1)</script>\"' onload=x \xFF";
  Selection selection = small_selection();
  selection.classes = {evil, evil, evil};
  for (Pick& pick : selection.picks) pick.id = pick.uri = evil;
  selection.run.failures = {{3, evil, Failure{"decode.corrupt", evil}}};
  selection.run.notes = {evil};
  ReportOptions options;
  options.title = options.strategy = evil;
  options.facts = {{evil, evil}};
  options.tables = {{evil, evil, {evil}, {{evil}}}};
  options.galleries = {{evil, evil, selection.picks}};
  const std::string page = report_html(selection, options);
  CHECK(unbalanced(page) == "");
  CHECK(page.find("<script") == std::string::npos);
  CHECK(page.find("\"' onload") == std::string::npos);
  CHECK(page.find('\xFF') == std::string::npos);
  CHECK(occurrences(page, "</title>") == occurrences(page, "<title>"));
}

TEST_CASE("every picture is inside the page", "[report]") {
  std::vector<std::byte> pixels(20 * 10 * 3, std::byte{90});
  const quarry::Bytes png = quarry::encode_png(pixels, {20, 10}).value();
  std::vector<MemorySource::Item> items;
  for (int i = 0; i < 40; ++i) {
    items.push_back({{"s" + std::to_string(i), ""},
                     i == 37 ? quarry::Bytes::copy("no image") : png});
  }
  ReportOptions options;
  options.images = MemorySource(items);
  options.max_thumbnails = 4;
  const std::string page = report_html(small_selection(), options);
  CHECK(unbalanced(page) == "");
  CHECK(occurrences(page, "src=\"data:image/jpeg;base64,/9j/") == 3);
  CHECK(occurrences(page, "<img") == 3);
  CHECK(occurrences(page, ">no picture<") == 1);  // sample 37
  CHECK(page.find("The first 4 of 5 are pictured") != std::string::npos);

  Selection lost = small_selection();
  lost.picks[0].index = 4000;
  CHECK(occurrences(report_html(lost, options), ">no picture<") == 2);
}

TEST_CASE("a set strategy shows the score of each pick", "[report]") {
  Selection selection = small_selection();
  selection.scores = {};
  selection.picks[0].score = nan;  // a first centre has none
  const std::string page = report_html(selection);
  CHECK(unbalanced(page) == "");
  CHECK(page.find("<polyline") != std::string::npos);
  CHECK(page.find("<svg class=\"of-pool") == std::string::npos);
  CHECK(page.find("nan") == std::string::npos);
}

TEST_CASE("how a run ended is said", "[report]") {
  Selection selection = small_selection();
  CHECK(report_html(selection).find("class=\"alert\"") == std::string::npos);
  selection.stopped = quarry::Stopped::cancelled;
  CHECK(report_html(selection).find("cancelled before") != std::string::npos);
  selection.stopped = quarry::Stopped::pool_exhausted;
  CHECK(report_html(selection).find("came to its end") != std::string::npos);
}

TEST_CASE("a cancelled run does not say that it saw every sample", "[report]") {
  Selection selection;
  selection.run.samples = selection.run.candidates = 10;
  const std::string_view every = "Every sample could be read";
  CHECK(report_html(selection).find(every) != std::string::npos);
  selection.stopped = quarry::Stopped::cancelled;
  CHECK(report_html(selection).find(every) == std::string::npos);
}

TEST_CASE("an empty selection is a page too", "[report]") {
  const std::string page = report_html(Selection());
  CHECK(unbalanced(page) == "");
  CHECK(page.find("Nothing was picked") != std::string::npos);
  CHECK(page.find("nan") == std::string::npos);
  CHECK(page.find("inf") == std::string::npos);
}

TEST_CASE("options are checked", "[report]") {
  using quarry::test::error_id;
  ReportOptions options;
  options.thumbnail_side = 8;
  CHECK(error_id([&] { options.validate(); }) == "report.option");
  options.thumbnail_side = 96;
  options.tables = {{"t", "", {"a", "b"}, {{"only one"}}}};
  CHECK(error_id([&] { report_html(Selection(), options); }) ==
        "report.option");
}

TEST_CASE("the page is written in one step", "[report]") {
  const quarry::test::TempDir folder;
  write_report(folder / "report.html", small_selection());
  CHECK(quarry::test::slurp(folder / "report.html") ==
        report_html(small_selection()));
  CHECK(folder.entries() == 1);
  CHECK(quarry::test::error_id([&] {
          write_report(folder / "no" / "report.html", small_selection());
        }) == "file.write");
}

}  // namespace
