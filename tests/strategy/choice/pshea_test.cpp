#include "quarry/strategy/choice/pshea.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "quarry/core/random.hpp"

#include "catch.hpp"
#include "error_id.hpp"

using namespace quarry;

namespace {

using Names = std::vector<std::string>;

/// A branch whose metric is a known curve of its labels.
struct Truth {
  double limit, scale, rate;
  double at(double n) const { return limit - scale * std::exp(-rate * n); }
};

std::vector<BranchReport> reports_of(const Names& alive,
                                     const std::map<std::string, Truth>& truth,
                                     std::size_t labels, std::size_t batch) {
  std::vector<BranchReport> reports;
  for (const std::string& name : alive) {
    BranchReport report{name, labels,
                        truth.at(name).at(static_cast<double>(labels))};
    for (std::size_t i = 0; i < batch; ++i) {
      report.bought.push_back(name + std::to_string(labels) + '/' +
                              std::to_string(i));
    }
    reports.push_back(report);
  }
  std::reverse(reports.begin(), reports.end());  // in any order
  return reports;
}

BranchReport report(const char* name, std::size_t labels, double metric,
                    std::vector<std::string> bought = {}) {
  return {name, labels, metric, std::move(bought)};
}

}  // namespace

TEST_CASE("Branches are dropped by what their curves promise", "[pshea]") {
  RandomStream random(1);
  for (int run = 0; run < 30; ++run) {
    const std::size_t count = 2 + random.below(5);
    const auto drop = run % 2 == 0 ? PsheaDrop::lowest : PsheaDrop::lower_half;
    std::map<std::string, Truth> truth;
    Names alive;
    for (std::size_t i = 0; i < count; ++i) {
      alive.push_back("s" + std::to_string(i));
      truth[alive.back()] = {random.uniform(0.6, 0.95),
                             random.uniform(0.3, 0.6),
                             random.uniform(0.001, 0.01)};
    }
    Pshea pshea(
        alive, {.budget = 1'000'000, .batch = 50, .patience = 0, .drop = drop});
    std::size_t spent = 0;
    for (std::size_t round = 0; round < 10; ++round) {
      CAPTURE(run, round);
      const std::size_t labels = 100 + 50 * round;
      const auto now =
          pshea.round(reports_of(alive, truth, labels, round == 0 ? 0 : 50));
      spent += round == 0 ? 0 : 50 * alive.size();
      CHECK(now.stop == PsheaStop::go_on);
      CHECK(now.spent == spent);
      // Three points, no noise: the forecast is the truth.
      Names order = alive;
      std::sort(order.begin(), order.end(), [&](const auto& a, const auto& b) {
        const auto next = static_cast<double>(labels + 50);
        return truth[a].at(next) < truth[b].at(next);
      });
      std::size_t lost = drop == PsheaDrop::lowest ? 1 : order.size() / 2;
      if (round < 2 || order.size() == 1) lost = 0;
      CHECK(now.dropped ==
            Names(order.begin(),
                  order.begin() + static_cast<std::ptrdiff_t>(lost)));
      REQUIRE(now.forecasts.size() == alive.size());
      for (const auto& forecast : now.forecasts) {
        CHECK(forecast.forecast.has_value() == (round >= 2));
        if (!forecast.forecast) continue;
        CHECK(
            forecast.forecast->metric ==
            Approx(truth[forecast.branch].at(static_cast<double>(labels + 50)))
                .epsilon(1e-5));
      }
      for (const std::string& name : now.dropped) std::erase(alive, name);
      CHECK(now.alive == alive);
      CHECK(pshea.alive() == alive);
      CHECK(pshea.bought().size() == spent);
    }
    CHECK(alive.size() == (count > 9 ? count - 8 : 1));
    CHECK(pshea.curve(alive[0]).size() == 10);
  }
}

TEST_CASE("A label is paid for once, whoever uses it", "[pshea]") {
  Pshea pshea({"a", "b"}, {.budget = 8, .batch = 2});
  CHECK(pshea.round(std::vector{report("a", 4, 0.1), report("b", 4, 0.1)})
            .spent == 0);
  auto now = pshea.round(std::vector{report("a", 6, 0.15, {"x", "y"}),
                                     report("b", 6, 0.3, {"y", "x"})});
  CHECK(now.spent == 2);
  CHECK(now.best == "b");
  CHECK(now.best_metric == 0.3);
  // 4 are spent, and 2 · 2 would be all of 8: just so.
  now = pshea.round(
      std::vector{report("a", 7, 0.2, {"z"}), report("b", 8, 0.4, {"z", "u"})});
  CHECK(now.spent == 4);
  CHECK(now.stop == PsheaStop::go_on);
  REQUIRE(now.dropped == Names{"a"});  // 0.1, 0.15, 0.2 promise less
  // 6 are spent, and 2 more would be 8.
  CHECK(pshea.round(std::vector{report("b", 10, 0.5, {"v", "w"})}).stop ==
        PsheaStop::go_on);
  CHECK(pshea.round(std::vector{report("b", 11, 0.6, {"q"})}).stop ==
        PsheaStop::budget);
  CHECK(pshea.stop() == PsheaStop::budget);
  CHECK(pshea.bought() ==
        std::set<std::string>{"q", "u", "v", "w", "x", "y", "z"});
  CHECK(test::error_id([&] {
          pshea.round(std::vector{report("b", 12, 0.6)});
        }) == "contract.violated");
}

TEST_CASE("The budget is checked before anybody is dropped", "[pshea]") {
  // 1 + 3 · 2 > 6, though 1 + 2 · 2 would not be.
  Pshea pshea({"a", "b", "c"}, {.budget = 6, .batch = 2});
  const auto now = pshea.round(std::vector{
      report("a", 2, 0.5, {"x"}), report("b", 2, 0.5), report("c", 2, 0.5)});
  CHECK(now.stop == PsheaStop::budget);
  CHECK(now.alive == Names{"a", "b", "c"});
  CHECK(now.forecasts.empty());
  // No sum can overflow.
  Pshea large({"a", "b"}, {.budget = std::numeric_limits<std::size_t>::max(),
                           .batch = std::numeric_limits<std::size_t>::max()});
  CHECK(
      large.round(std::vector{report("a", 2, 0.5), report("b", 2, 0.5)}).stop ==
      PsheaStop::budget);
}

TEST_CASE("It stops at the target, or when nothing is gained", "[pshea]") {
  Pshea aims({"a", "b"}, {.target = 0.8});
  CHECK(
      aims.round(std::vector{report("a", 1, 0.79), report("b", 1, 0.1)}).stop ==
      PsheaStop::go_on);
  const auto there =
      aims.round(std::vector{report("a", 2, 0.7), report("b", 2, 0.8)});
  CHECK(there.stop == PsheaStop::target);
  CHECK(there.best == "b");

  // Below 0.125 is no gain; one that is begins the count anew.
  const auto stops = [](std::size_t patience, std::vector<double> metrics) {
    Pshea pshea({"a"}, {.min_gain = 0.125, .patience = patience});
    std::size_t n = 0;
    for (const double metric : metrics) {
      const auto now = pshea.round(std::vector{report("a", ++n, metric)});
      if (now.stop == PsheaStop::converged) return n;
    }
    return std::size_t{0};
  };
  CHECK(stops(2, {0.125, 0.25, 0.3125, 0.375}) == 4);
  CHECK(stops(2, {0.125, 0.1875, 0.3125, 0.375}) == 0);
  CHECK(stops(2, {0.5, 0.1, 0.55}) == 3);
  CHECK(stops(1, {0.5, 0.5}) == 2);
  CHECK(stops(0, {0.5, 0.5, 0.5, 0.5, 0.5}) == 0);
}

TEST_CASE("Of equal branches the first stays", "[pshea]") {
  for (const auto drop : {PsheaDrop::lowest, PsheaDrop::lower_half}) {
    Pshea pshea({"a", "b", "c", "d"}, {.patience = 0, .drop = drop});
    PsheaRound now;
    for (const std::size_t n : {1, 2, 3}) {
      const double metric = 0.2 * static_cast<double>(n);
      now = pshea.round(
          std::vector{report("a", n, metric), report("b", n, metric),
                      report("c", n, metric), report("d", n, metric)});
    }
    CHECK(now.best == "a");
    CHECK(now.dropped ==
          (drop == PsheaDrop::lowest ? Names{"d"} : Names{"d", "c"}));
  }
}

TEST_CASE("Nobody is dropped while somebody has no fit", "[pshea]") {
  Pshea pshea({"a", "b"});
  PsheaRound now;
  for (const std::size_t n : {1, 2, 3, 4}) {
    const double metric = 0.1 * static_cast<double>(n);
    // b got no new labels: its metrics say nothing about more of them.
    now = pshea.round(
        std::vector{report("a", n, metric), report("b", 1, metric)});
    CHECK(now.dropped.empty());
  }
  CHECK(now.forecasts[0].forecast.has_value());
  CHECK(now.forecasts[1].verdict == CurveVerdict::too_few_points);
}

TEST_CASE("Reports and options that are none are errors, and keep nothing",
          "[pshea]") {
  using test::error_id;
  Pshea pshea({"a", "b"});
  const Json before = pshea.to_json();
  const auto told = [&](std::vector<BranchReport> reports) {
    return error_id([&] { pshea.round(reports); });
  };
  const double nan = std::nan("");
  CHECK(told({}) == "strategy.bad_report");
  CHECK(told({report("a", 1, 0.5)}) == "strategy.bad_report");
  CHECK(told({report("a", 1, 0.5), report("a", 1, 0.5)}) ==
        "strategy.bad_report");
  CHECK(told({report("a", 1, 0.5), report("b", 1, 0.5), report("c", 1, 0.5)}) ==
        "strategy.bad_report");
  CHECK(told({report("a", 1, 0.5, {"x"}), report("b", 1, nan)}) ==
        "strategy.bad_report");
  CHECK(told({report("a", 1, 0.5, {"x"}), report("b", 0, 0.5)}) ==
        "strategy.bad_report");
  CHECK(told({report("a", 1, 71.5), report("b", 1, 70.5)}) ==  // percent
        "strategy.bad_report");
  CHECK(pshea.to_json() == before);

  const auto with = [](PsheaOptions options) {
    return error_id([&] { Pshea({"a"}, options); });
  };
  CHECK(with({.budget = 0}) == "strategy.bad_param");
  CHECK(with({.batch = 0}) == "strategy.bad_param");
  CHECK(with({.target = nan}) == "strategy.bad_param");
  CHECK(with({.min_gain = -1.0}) == "strategy.bad_param");
  CHECK(with({.curve = {.rate = {2.0, 1.0}}}) == "strategy.bad_param");
  CHECK(error_id([] { Pshea({}); }) == "contract.violated");
  CHECK(error_id([] { Pshea({"a", "a"}); }) == "contract.violated");
  CHECK(error_id([] { Pshea({"a", ""}); }) == "contract.violated");
}

TEST_CASE("Pshea goes on from its state", "[pshea]") {
  const std::map<std::string, Truth> truth = {{"a", {0.8, 0.5, 0.01}},
                                              {"b", {0.9, 0.5, 0.003}},
                                              {"c", {0.7, 0.4, 0.02}}};
  for (const auto shape : {CurveShape::exponential, CurveShape::power}) {
    const PsheaOptions options{
        .budget = 900,
        .batch = 40,
        .target = shape == CurveShape::power ? 0.95 : HUGE_VAL,
        .min_gain = 0.002,
        .patience = 2,
        .drop = PsheaDrop::lower_half,
        .curve = {.shape = shape, .noise = 0.01}};
    Pshea whole({"a", "b", "c"}, options);
    Pshea broken = whole;
    for (std::size_t n = 50; whole.stop() == PsheaStop::go_on; n += 40) {
      broken =
          Pshea::from_json(parse_json(to_line(broken.to_json()), "pshea.json"));
      CHECK(broken.to_json() == whole.to_json());
      const auto reports = reports_of(whole.alive(), truth, n, 40);
      const PsheaRound one = whole.round(reports);
      const PsheaRound two = broken.round(reports);
      CHECK(one.alive == two.alive);
      CHECK(one.dropped == two.dropped);
      CHECK(one.stop == two.stop);
      CHECK(one.spent == two.spent);
      CHECK(one.best == two.best);
      CHECK(one.best_metric == two.best_metric);
    }
    CHECK(Pshea::from_json(whole.to_json()).stop() == whole.stop());
    CHECK(whole.alive().size() == 1);
  }
}

TEST_CASE("A state of Pshea that is none is an error that says so", "[pshea]") {
  Pshea pshea({"a", "b"}, {.target = 0.9});
  pshea.round(std::vector{report("a", 3, 0.5, {"x"}), report("b", 3, 0.4)});
  const Json good = pshea.to_json();
  const auto complaint = [](const Json& state) {
    return test::error_message([&] { Pshea::from_json(state, "p.json"); });
  };
  CHECK(complaint(good).empty());
  CHECK(test::error_id([] { Pshea::from_json(Json::array()); }) ==
        "strategy.bad_state");
  // Each value, however deep, gone or replaced.
  const Json flat = good.flatten();
  for (const auto& [pointer, value] : flat.items()) {
    for (const Json& wrong : {Json("?"), Json(-1), Json(true)}) {
      Json leaves = flat;
      leaves[pointer] = wrong;
      const Json broken = leaves.unflatten();
      CAPTURE(pointer, wrong.dump());
      const std::string text = complaint(broken);
      // A name, an id, may be any text; a bound of the limit any number.
      const bool fits =
          (wrong == true && pointer.ends_with("/alive")) ||
          (wrong == "?" && value.is_string() &&
           (pointer.ends_with("/name") || pointer.starts_with("/bought"))) ||
          (wrong == -1 && (pointer.starts_with("/options/curve/limit/0") ||
                           pointer == "/options/target" ||
                           pointer.find("/metrics/") != pointer.npos));
      CHECK(text.empty() == fits);
      if (!fits) CHECK(text.find("p.json: ") == 0);
    }
  }
  const auto with = [&](const char* pointer, const Json& value) {
    Json broken = good;
    broken[Json::json_pointer(pointer)] = value;
    return complaint(broken);
  };
  CHECK(with("/branches/0/name", "b") == "p.json: branches holds a name twice");
  CHECK(with("/options/batch", 0) ==
        "p.json: options.batch is 0, but must be a whole number from 1 to "
        "18446744073709551615");
  Json none = good;
  none["branches"][0]["alive"] = none["branches"][1]["alive"] = false;
  CHECK(complaint(none) == "p.json: branches holds none that is alive");
  none["branches"] = Json::array();
  CHECK(complaint(none) ==
        "p.json: branches is [], but must be a list of branches");
}
