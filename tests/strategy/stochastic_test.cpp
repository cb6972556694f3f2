#include "quarry/strategy/stochastic.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "quarry/strategy/bayesian/scores.hpp"
#include "quarry/strategy/registry.hpp"

#include "catch.hpp"
#include "error_id.hpp"
#include "passes.hpp"

using namespace quarry;
using namespace quarry::test;

namespace {

/// Scores a row by its only embedding.
struct Given : Pointwise<Given> {
  static constexpr Needs needs() { return {{.name = inputs::embeddings}}; }
  double score(const Prediction& prediction) const {
    return prediction.embedding[0];
  }
};

PoolView pool_of_scores(const std::vector<double>& s,
                        const std::vector<double>& gumbel = {}) {
  std::vector<NamedArray> inputs = {
      {inputs::embeddings, ArrayView(s.data(), {s.size(), 1})}};
  if (!gumbel.empty()) {
    inputs.push_back({"gumbel", ArrayView(gumbel.data(), {gumbel.size()})});
  }
  return pool_of(s.size(), std::move(inputs));
}

std::vector<std::size_t> draw(DrawBy by, double beta, const PoolView& pool,
                              std::size_t budget, std::uint64_t seed = 0) {
  SelectContext context{.random = RandomStream(seed)};
  return rows_of(select_from(Stochastic(by, Given(), {.beta = beta}), pool,
                             budget, context));
}

/// χ² of the first draws of many seeds against their law.
double chi_square(DrawBy by, double beta, const std::vector<double>& s,
                  std::vector<double> law) {
  constexpr std::size_t draws = 6000;
  const double sum = std::accumulate(law.begin(), law.end(), 0.0);
  const PoolView pool = pool_of_scores(s);
  std::vector<double> seen(s.size());
  for (std::uint64_t seed = 0; seed < draws; ++seed) {
    ++seen[draw(by, beta, pool, 1, seed).at(0)];
  }
  double chi = 0.0;
  for (std::size_t i = 0; i < s.size(); ++i) {
    const double due = static_cast<double>(draws) * law[i] / sum;
    chi += (seen[i] - due) * (seen[i] - due) / due;
  }
  return chi;
}

}  // namespace

static_assert(SetStrategy<Stochastic> && !PointwiseStrategy<Stochastic>);

TEST_CASE("First draws follow the law", "[stochastic]") {
  const std::vector<double> s = {0.1, 0.7, 0.4, 1.2, 0.2};
  const std::vector<double> power = {0.01, 0.49, 0.16, 1.44, 0.04};
  const std::vector<double> rank = {1.0 / 25, 1.0 / 4, 1.0 / 9, 1.0, 1.0 / 16};
  std::vector<double> soft;
  for (const double x : s) soft.push_back(std::exp(2.0 * x));
  // Four degrees of freedom: one in a thousand is above 18.5.
  CHECK(chi_square(DrawBy::power, 2.0, s, power) < 18.5);
  CHECK(chi_square(DrawBy::softmax, 2.0, s, soft) < 18.5);
  CHECK(chi_square(DrawBy::softrank, 2.0, s, rank) < 18.5);
  // Another law is told from it.
  CHECK(chi_square(DrawBy::power, 1.0, s, power) > 100);
  CHECK(chi_square(DrawBy::softmax, 2.0, s, power) > 100);
  CHECK(chi_square(DrawBy::softrank, -0.0, s, rank) > 100);
}

TEST_CASE("Given Gumbel numbers decide, row by row", "[stochastic]") {
  const std::vector<double> s = {0.5, 2.0, 0.0, 1.0, -3.0};
  const std::vector<double> g = {3.0, -0.5, 9.0, 0.25, 8.0};
  const PoolView pool = pool_of_scores(s, g);
  // ln s + g: 2.31, 0.19, −∞, 0.25, −∞.
  const auto power = draw(DrawBy::power, 1.0, pool, 3);
  CHECK(power == std::vector<std::size_t>{0, 3, 1});
  // s + g: 3.5, 1.5, 9, 1.25, 5.
  CHECK(draw(DrawBy::softmax, 1.0, pool, 5) ==
        std::vector<std::size_t>{2, 4, 0, 1, 3});
  // Ranks 3, 1, 4, 2, 5: −ln r + g = 1.90, −0.5, 7.61, −0.44, 6.39.
  CHECK(draw(DrawBy::softrank, 1.0, pool, 5) ==
        std::vector<std::size_t>{2, 4, 0, 3, 1});
  SelectContext context;
  const auto picks =
      select_from(Stochastic(DrawBy::softmax, Given()), pool, 1, context);
  CHECK(picks[0].score == 0.0);  // that of the strategy
}

TEST_CASE("A large beta takes what the strategy takes", "[stochastic]") {
  RandomStream random(17);
  const auto p = random_passes(5, 200, 4, random);
  const PoolView pool = pool_of(200, {{inputs::passes, p.view()}}, {3, 50});
  SelectContext context;
  const auto bald = rows_of(select_from(Bald(), pool, 40, context));
  for (const char* name : {"power_bald", "softmax_bald", "softrank_bald"}) {
    CAPTURE(name);
    const auto sharp = make_strategy(name, {{"beta", "1e9"}});
    CHECK(rows_of(select_from(sharp, pool, 40, context)) == bald);
    const auto loose = make_strategy(name);
    CHECK(rows_of(select_from(loose, pool, 40, context)) != bald);
  }
}

TEST_CASE("However large beta is, the best are taken, and equals are drawn",
          "[stochastic]") {
  const std::vector<double> s = {3.0, 1e-300, 1e300, 3.0, 0.5};
  const PoolView pool = pool_of_scores(s);
  for (const double beta : {1e18, 1e308, std::numeric_limits<double>::max()}) {
    for (const DrawBy by : {DrawBy::power, DrawBy::softmax, DrawBy::softrank}) {
      std::set<std::size_t> second;
      for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const auto rows = draw(by, beta, pool, 5, seed);
        CHECK(rows[0] == 2);
        CHECK(rows[1] + rows[2] == 3);  // 0 and 3, in either order
        CHECK(rows[3] == 4);
        CHECK(rows[4] == 1);
        second.insert(rows[1]);
      }
      // A rank is one row's alone.
      CHECK(second.size() == (by == DrawBy::softrank ? 1 : 2));
    }
  }
}

TEST_CASE("Scores of nothing are drawn last, and all rows in the end",
          "[stochastic]") {
  struct Last : Given {
    double score(const Prediction& p) const {
      return p.embedding[0] < 0.0 ? -std::numeric_limits<double>::infinity()
                                  : p.embedding[0];
    }
  };
  const std::vector<double> s = {0.5, 1.0, -1.0, 2.0};
  const PoolView pool = pool_of_scores(s);
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    for (const DrawBy by : {DrawBy::power, DrawBy::softmax, DrawBy::softrank}) {
      SelectContext context{.random = RandomStream(seed)};
      auto rows = rows_of(
          select_from(Stochastic(by, Last(), {.beta = 0.0}), pool, 9, context));
      REQUIRE(rows.size() == 4);
      CHECK(rows[3] == 2);
      std::sort(rows.begin(), rows.end());
      CHECK(rows == std::vector<std::size_t>{0, 1, 2, 3});
    }
  }
}

TEST_CASE("What cannot be drawn by is refused", "[stochastic]") {
  CHECK(error_id([] { Stochastic(DrawBy::power, Bald(), {.beta = -1.0}); }) ==
        "strategy.bad_param");
  CHECK(error_id([] {
          Stochastic(DrawBy::power, Bald(), {.beta = std::nan("")});
        }) == "strategy.bad_param");
  CHECK(error_id([] {
          make_strategy("power_bald", {{"beta", "-1"}});
        }) == "strategy.bad_param");
  CHECK(error_id([] {
          make_strategy("power_bald", {{"bta", "1"}});
        }) == "strategy.unknown_param");
  CHECK(error_id([] {
          Stochastic(DrawBy::power, Stochastic(DrawBy::power, Bald()));
        }) == "contract.violated");
  const auto id = [](const std::vector<double>& gumbel) {
    return error_id([&] {
      draw(DrawBy::power, 1.0, pool_of_scores({1.0, 2.0}, gumbel), 1);
    });
  };
  CHECK(id({0.0, 1.0}).empty());
  CHECK(id({0.0}) == "strategy.input_shape");
  CHECK(id({0.0, HUGE_VAL}) == "strategy.bad_row");
  CHECK(id({0.0, std::nan("")}) == "strategy.bad_row");
}

TEST_CASE("Asked to stop before all is scored, nothing is drawn",
          "[stochastic]") {
  // Stops after the first block of rows.
  struct Interrupted : Given {
    mutable std::stop_source source;
    double score(const Prediction& prediction) const {
      source.request_stop();
      return Given::score(prediction);
    }
  };
  const std::vector<double> s(9000, 1.0);
  const Interrupted strategy;
  SelectContext context{.stop = strategy.source.get_token()};
  const auto picks = select_from(Stochastic(DrawBy::power, strategy),
                                 pool_of_scores(s), 1, context);
  CHECK(picks.empty());
  CHECK_FALSE(picks.complete);
}
