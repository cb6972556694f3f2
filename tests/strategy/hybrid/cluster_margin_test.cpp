#include "quarry/strategy/hybrid/cluster_margin.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <stop_token>
#include <vector>

#include "quarry/strategy/any_strategy.hpp"
#include "quarry/strategy/registry.hpp"
#include "quarry/strategy/uncertainty/scores.hpp"

#include "../linkage.hpp"
#include "../pools.hpp"
#include "catch.hpp"
#include "error_id.hpp"

using namespace quarry;

namespace {

/// Rows on a line; the nearer the first probability to ½, the less sure.
struct Line {
  std::vector<double> h, p, uniforms;
  std::vector<std::int64_t> clusters = {};

  PoolView pool(std::vector<std::size_t> labelled = {}) const {
    std::vector<NamedArray> inputs = {
        {inputs::embeddings, ArrayView(h.data(), {h.size(), 1})},
        {inputs::probabilities, ArrayView(p.data(), {h.size(), 2})}};
    if (!uniforms.empty()) {
      inputs.push_back(
          {inputs::uniforms, ArrayView(uniforms.data(), {uniforms.size()})});
    }
    if (!clusters.empty()) {
      inputs.push_back(
          {inputs::clusters, ArrayView(clusters.data(), {clusters.size()})});
    }
    return test::pool_of(h.size(), std::move(inputs), std::move(labelled));
  }
};

std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                               ClusterMarginOptions options,
                               SelectContext context = {}) {
  return ClusterMargin<>(options).select(pool, budget, context);
}

/// Three clusters: rows 0 to 3, 4 to 6 and 7; row 6 is sure.
Line line() {
  return {{0, 1, 2, 3, 20, 21, 22, 50},
          {.5, .5, .6, .4, .5, .5, .6, .4, .5, .5, .6, .4, 1, 0, .7, .3},
          {0.0, 0.5, 0.9, 0.0, 0.5, 0.0, 0.0}};
}

}  // namespace

static_assert(SetStrategy<ClusterMargin<>>);
static_assert(!PointwiseStrategy<ClusterMargin<>>);

TEST_CASE("Clusters give in turn, the smallest first", "[cluster_margin]") {
  // Of the 7 least sure, the clusters hold {0, 1, 2, 3}, {4, 5} and {7}.
  const ClusterMarginOptions options{.distance_threshold = 5.0, .k_m = 7};
  const auto picks = select(line().pool(), 7, options, {.ties = Ties::index});
  // 7; of {4, 5} number ⌊0.5 · 2⌋; of {0, 1, 2, 3} number ⌊0.9 · 4⌋; then of
  // {4} and of {0, 1, 2} number ⌊0.5 · 3⌋; then what is left.
  CHECK(test::rows_of(picks) == std::vector<std::size_t>{7, 5, 3, 4, 1, 0, 2});
  CHECK(picks[0].score == Approx(0.6));
  CHECK(picks[3].score == 1.0);
}

TEST_CASE("Labelled rows are clustered and not picked", "[cluster_margin]") {
  // Without row 2, 1 and 4 are apart; with it, labelled, they are not.
  Line line{{0, 4, 8}, {.5, .5, .5, .5, .5, .5}, {}};
  line.uniforms = {0.99, 0.0};
  const ClusterMarginOptions options{.distance_threshold = 6.5, .k_m = 9};
  CHECK(test::rows_of(select(line.pool({1}), 2, options)) ==
        std::vector<std::size_t>{2, 0});
  // Apart each of them is the first of its cluster.
  CHECK(test::rows_of(
            select(line.pool({1}), 2, {.distance_threshold = 1.0, .k_m = 9})) ==
        std::vector<std::size_t>{0, 2});
}

TEST_CASE("Clusters that are given need no distances", "[cluster_margin]") {
  Line given = line();
  given.clusters = {4, 4, 4, 4, 9, 9, 9, 0};
  const ClusterMarginOptions options{.distance_threshold = 5.0, .k_m = 7};
  CHECK(test::rows_of(select(given.pool(), 7, options)) ==
        test::rows_of(select(line().pool(), 7, options)));
  // Of equal ones the lower number, not the first row, goes first.
  given.clusters = {8, 8, 8, 8, 2, 2, 2, 2};
  CHECK(test::rows_of(select(given.pool(), 1, {.k_m = 8})).front() >= 4);
  // Another clustering, other picks.
  given.clusters = std::vector<std::int64_t>(8, 0);
  CHECK(test::rows_of(select(given.pool(), 7, options)) !=
        test::rows_of(select(line().pool(), 7, options)));
  given.clusters[2] = -1;
  CHECK(test::error_id([&] { select(given.pool(), 1, options); }) ==
        "strategy.bad_row");
  given.clusters.pop_back();
  CHECK(test::error_id([&] { select(given.pool(), 1, options); }) ==
        "strategy.input_shape");
}

TEST_CASE("Clusters have their size on average", "[cluster_margin]") {
  RandomStream random(44);
  std::size_t others = 0;
  for (const std::size_t rows : {7, 20, 23, 40}) {
    for (const std::size_t size : {1, 3, 4, 50}) {
      CAPTURE(rows, size);
      Line made{test::random_numbers(rows, random),
                test::random_probabilities(rows, 2, random),
                {}};
      const ClusterMarginOptions options{.cluster_size = size};
      const auto rows_of = [&](std::size_t clusters) {
        const auto numbers =
            test::naive_linkage(rows,
                                [&](std::size_t i, std::size_t j) {
                                  return std::abs(made.h[i] - made.h[j]);
                                },
                                {.clusters = clusters});
        Line given = made;
        given.clusters = {numbers.begin(), numbers.end()};
        return test::rows_of(select(given.pool(), 6, options));
      };
      const std::size_t clusters = (rows + size - 1) / size;
      const auto picks = test::rows_of(select(made.pool(), 6, options));
      CHECK(picks == rows_of(clusters));
      others += picks != rows_of(clusters + 1);
    }
  }
  CHECK(others > 3);
}

TEST_CASE("Only the least sure rows are dealt", "[cluster_margin]") {
  RandomStream random(43);
  Line line{test::random_numbers(200, random),
            test::random_probabilities(200, 2, random),
            {}};
  const PoolView pool = line.pool({3});
  SelectContext context;
  auto sure = test::rows_of(select_from(Margin(), pool, 50, context));
  std::sort(sure.begin(), sure.end());
  const auto picks = select(pool, 5, {});  // ten times the budget
  CHECK(picks.size() == 5);
  for (const RankedPick& pick : picks) {
    CHECK(std::binary_search(sure.begin(), sure.end(), pick.index));
  }
  // Never fewer than the budget.
  CHECK(select(pool, 30, {.k_m = 2}).size() == 30);
  CHECK(select(pool, 300, {}).size() == 199);
}

TEST_CASE("What cannot be clustered is refused", "[cluster_margin]") {
  const auto id = [](StrategyParams params) {
    return test::error_id(
        [&] { make_strategy("cluster_margin", std::move(params)); });
  };
  CHECK(id({{"linkage", "average"}, {"distance_threshold", "2"}}).empty());
  CHECK(id({{"linkage", "single"}}) == "strategy.bad_param");
  CHECK(id({{"distance_threshold", "-1"}}) == "strategy.bad_param");
  CHECK(id({{"cluster_size", "0"}}) == "strategy.bad_param");
  CHECK(test::error_id([] { ClusterMargin<>({.cluster_size = 0}); }) ==
        "strategy.bad_param");
  CHECK(test::error_id([] {
          select(line().pool(), 1, {}, {.memory_limit = 900});
        }) == "strategy.memory");
  std::stop_source source;
  source.request_stop();
  CHECK(select(line().pool(), 1, {}, {.stop = source.get_token()}).empty());
}
