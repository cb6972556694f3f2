#include "quarry/strategy/hybrid/falcun.hpp"

#include <algorithm>
#include <cmath>
#include <stop_token>
#include <vector>

#include "quarry/strategy/registry.hpp"

#include "../pools.hpp"
#include "catch.hpp"
#include "error_id.hpp"

using namespace quarry;

namespace {

PoolView pool_of(const std::vector<double>& p, std::size_t classes,
                 const std::vector<double>& uniforms = {},
                 std::vector<std::size_t> labelled = {}) {
  const std::size_t rows = p.size() / classes;
  std::vector<NamedArray> inputs = {
      {inputs::probabilities, ArrayView(p.data(), {rows, classes})}};
  if (!uniforms.empty()) {
    inputs.push_back(
        {inputs::uniforms, ArrayView(uniforms.data(), {uniforms.size()})});
  }
  return test::pool_of(rows, std::move(inputs), std::move(labelled));
}

std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                               double gamma, SelectContext context = {}) {
  return Falcun({.gamma = gamma}).select(pool, budget, context);
}

/// The weights of the first draw, by definition.
std::vector<double> first_weights(const std::vector<double>& p,
                                  std::size_t classes, double gamma) {
  std::vector<double> weights;
  for (std::size_t i = 0; i < p.size() / classes; ++i) {
    std::vector<double> row(&p[i * classes], &p[i * classes] + classes);
    std::sort(row.rbegin(), row.rend());
    weights.push_back(std::pow(2.0 * (1.0 - row[0] + row[1]), gamma));
  }
  return weights;
}

double chi_square(const std::vector<double>& seen, std::vector<double> law) {
  double due = 0.0, draws = 0.0, chi = 0.0;
  for (const double x : law) due += x;
  for (const double x : seen) draws += x;
  for (std::size_t i = 0; i < law.size(); ++i) {
    const double want = draws * law[i] / due;
    chi += (seen[i] - want) * (seen[i] - want) / want;
  }
  return chi;
}

}  // namespace

static_assert(SetStrategy<Falcun> && !PointwiseStrategy<Falcun>);

TEST_CASE("FALCUN's draws follow the law", "[falcun]") {
  // u = 0.4, 0.8, 1, 0.2, 0: the last is never drawn first.
  const std::vector<double> p = {0.8, 0.2, 0.4, 0.6, 0.5, 0.5, 0.9, 0.1, 1, 0};
  const auto law = first_weights(p, 2, 2.0);
  std::vector<double> first(5), second(5);
  for (std::uint64_t seed = 0; seed < 6000; ++seed) {
    const auto picks =
        select(pool_of(p, 2), 2, 2.0, {.random = RandomStream(seed)});
    ++first[picks[0].index];
    if (picks[0].index == 2) ++second[picks[1].index];
  }
  CHECK(first[4] == 0.0);
  first.pop_back();
  // Three degrees of freedom: one in a thousand is above 16.3.
  CHECK(chi_square(first, {law[0], law[1], law[2], law[3]}) < 16.3);
  CHECK(chi_square(first, {1, 1, 1, 1}) > 100);

  // After row 2 (0.5, 0.5): d = min(u, |p − p_2|₁) = 0.4, 0.2, 0, 0.2, 0, and
  // scaled 1, 0.5, 0, 0.5, 0.
  const std::vector<double> then = {1.4 * 1.4, 1.3 * 1.3, 0, 0.7 * 0.7, 0};
  CHECK(second[2] + second[4] == 0.0);
  CHECK(chi_square({second[0], second[1], second[3]},
                   {then[0], then[1], then[3]}) < 13.8);
  // Had d not been scaled.
  CHECK(chi_square({second[0], second[1], second[3]}, {0.64, 1.0, 0.16}) >
        13.8);
}

TEST_CASE("Given numbers decide FALCUN's draws", "[falcun]") {
  const std::vector<double> p = {0.8, 0.2, 0.4, 0.6, 0.5, 0.5, 0.9, 0.1, 1, 0};
  // With γ = 1 the weights are 0.8, 1.6, 2, 0.4, 0; their sums, of 4.8: 0.167,
  // 0.5, 0.917, 1.
  const auto first = [&](double u) {
    return select(pool_of(p, 2, {u}), 1, 1.0)[0];
  };
  CHECK(first(0.0).index == 0);
  CHECK(first(0.16).index == 0);
  CHECK(first(0.17).index == 1);
  CHECK(first(0.51).index == 2);
  CHECK(first(0.92).index == 3);
  CHECK(first(0.999).index == 3);
  CHECK(first(0.51).score == Approx(2.0));
  // Labelled rows play no part: 0.8, 1.6, 0.4 of 2.8.
  CHECK(select(pool_of(p, 2, {0.28}, {2}), 1, 1.0)[0].index == 0);
  CHECK(select(pool_of(p, 2, {0.29}, {2}), 1, 1.0)[0].index == 1);
}

TEST_CASE("What is all alike is drawn all the same", "[falcun]") {
  const std::vector<double> sure(10, 1.0);
  for (const double gamma : {0.0, 1.0, 1e300}) {
    auto rows = test::rows_of(select(pool_of(sure, 1), 20, gamma));
    REQUIRE(rows.size() == 10);
    std::sort(rows.begin(), rows.end());
    for (std::size_t i = 0; i < 10; ++i) CHECK(rows[i] == i);
  }
}

TEST_CASE("What FALCUN cannot draw by is refused", "[falcun]") {
  const std::vector<double> p = {0.8, 0.2, 0.4, 0.6};
  const auto id = [&](const std::vector<double>& uniforms) {
    return test::error_id([&] { select(pool_of(p, 2, uniforms), 2, 1.0); });
  };
  CHECK(id({0.5, 0.5}).empty());
  CHECK(id({0.5, 0.5, 7.0}).empty());
  CHECK(id({0.5}) == "strategy.input_shape");
  CHECK(id({0.5, 1.0}) == "strategy.bad_row");
  CHECK(id({-0.1, 0.5}) == "strategy.bad_row");
  CHECK(id({std::nan(""), 0.5}) == "strategy.bad_row");
  CHECK(test::error_id([] { Falcun({.gamma = -1.0}); }) ==
        "strategy.bad_param");
  CHECK(test::error_id([] {
          make_strategy("falcun", {{"gamma", "-1"}});
        }) == "strategy.bad_param");
  CHECK(test::error_id([&] {
          select(pool_of(p, 2), 1, 1.0, {.memory_limit = 50});
        }) == "strategy.memory");
  std::stop_source source;
  source.request_stop();
  CHECK(select(pool_of(p, 2), 1, 1.0, {.stop = source.get_token()}).empty());
}
