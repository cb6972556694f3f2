#include "quarry/strategy/regression/gsx.hpp"

#include <cmath>
#include <vector>

#include "quarry/strategy/diversity/k_center.hpp"

#include "../pools.hpp"
#include "catch.hpp"

using namespace quarry;

static_assert(SetStrategy<Gsx>);

TEST_CASE("Greedy sampling of inputs is k-center", "[gsx]") {
  RandomStream random(95);
  for (int trial = 0; trial < 10; ++trial) {
    const std::size_t rows = 5 + random.below(80), width = 1 + random.below(6);
    const auto x = test::random_numbers(rows * width, random);
    const PoolView pool = test::pool_of(
        rows, {{inputs::embeddings, ArrayView(x.data(), {rows, width})}},
        {0, 2});
    SelectContext context;
    const auto picks = Gsx().select(pool, rows, context);
    const auto want = KCenter().select(pool, rows, context);
    CHECK((test::rows_of(picks) == test::rows_of(want)));
    CHECK(picks[0].score == want[0].score);
  }
}

TEST_CASE("Greedy sampling of inputs takes the farthest from what is labelled",
          "[gsx]") {
  const std::vector<double> x = {0, 1, 5, 9, 2};
  const PoolView pool = test::pool_of(
      5, {{inputs::embeddings, ArrayView(x.data(), {5, 1})}}, {0});
  SelectContext context;
  const auto picks = Gsx().select(pool, 2, context);
  CHECK((test::rows_of(picks) == std::vector<std::size_t>{3, 2}));
  CHECK(picks[1].score == 4.0);
}
