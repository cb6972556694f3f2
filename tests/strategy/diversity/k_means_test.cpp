#include "quarry/strategy/diversity/k_means.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "quarry/strategy/any_strategy.hpp"
#include "quarry/strategy/registry.hpp"

#include "../embedded.hpp"
#include "catch.hpp"
#include "error_id.hpp"

using namespace quarry;
using namespace quarry::test;

TEST_CASE("k-means of directions is k-means of rows of length 1", "[k_means]") {
  RandomStream random(31);
  const KMeans by_place;
  const KMeans by_direction(WeightedKMeans(), kernels::Compared::by_direction);
  std::size_t differ = 0;
  for (std::size_t trial = 0; trial < 20; ++trial) {
    Embedded made =
        random_rows(30 + random.below(60), 2 + random.below(6), 0.1, random);
    if (trial % 2 == 0) std::fill_n(made.values.begin(), made.width, 0.0);
    Embedded unit = made;
    const auto rows = kernels::RowSet(made.input().array).normalised();
    for (std::size_t i = 0; i < made.rows; ++i) {
      rows.read(i, std::span(unit.values.data() + i * made.width, made.width));
      // Middles of two are as near to both: the last bits have to be theirs.
      const double length = std::sqrt(static_cast<double>(unit.product(i, i)));
      CHECK(std::abs(length - (made.product(i, i) > 0 ? 1.0 : 0.0)) < 1e-15);
    }
    const PoolView pool = made.pool();
    const PoolView unit_pool = unit.pool();
    SelectContext context{.random = RandomStream(trial)};
    const auto got = rows_of(by_direction.select(pool, 7, context));
    CHECK(got == rows_of(by_place.select(unit_pool, 7, context)));
    if (got != rows_of(by_place.select(pool, 7, context))) ++differ;
    const AnyStrategy by_name =
        make_strategy("k_means", {{"metric", "cosine"}});
    CHECK(got == rows_of(by_name.select(pool, 7, context)));
  }
  CHECK(differ > 15);
}

TEST_CASE("All of a pool needs no clusters", "[k_means]") {
  struct Costly : WeightedKMeans {
    std::size_t bytes(std::size_t rows, std::size_t k, std::size_t width,
                      std::size_t threads) const {
      CHECK(k >= 1);
      CHECK(k <= rows);
      return 1'000'000 + WeightedKMeans::bytes(rows, k, width, threads);
    }
  };
  RandomStream random(17);
  const std::vector<double> h = test::random_numbers(20, random);
  const PoolView pool =
      test::pool_of(10, {{inputs::embeddings, ArrayView(h.data(), {10, 2})}});
  SelectContext context{.memory_limit = 10'000};
  const KMeans<Costly> strategy;
  CHECK(strategy.select(pool, 10, context).size() == 10);
  CHECK(strategy.select(pool, std::size_t(-1), context).size() == 10);
  CHECK(strategy.select(pool, 0, context).empty());
  CHECK(test::error_id([&] { strategy.select(pool, 9, context); }) ==
        "strategy.memory");
}
