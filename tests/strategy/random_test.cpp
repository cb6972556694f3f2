#include "quarry/strategy/random.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include "quarry/strategy/any_strategy.hpp"

#include "catch.hpp"
#include "pools.hpp"

using namespace quarry;

static_assert(PointwiseStrategy<RandomStrategy>);
static_assert(ScoresRows<RandomStrategy> && !ScoresBlocks<RandomStrategy>);
static_assert(!SetStrategy<RandomStrategy>);
static_assert(RandomStrategy::needs().empty());

namespace {

std::vector<RankedPick> picks(std::uint64_t seed, Ties ties = Ties::hash,
                              std::size_t budget = 1000) {
  SelectContext context{.ties = ties};
  return select_from(RandomStrategy(), test::pool_of(1000, {}, {}, seed),
                     budget, context)
      .picks;
}

}  // namespace

TEST_CASE("Random needs no input and permutes the pool", "[random]") {
  const auto rows = test::rows_of(picks(0));
  CHECK(std::set(rows.begin(), rows.end()).size() == 1000);
  CHECK_FALSE(std::is_sorted(rows.begin(), rows.end()));
}

TEST_CASE("Random is decided by the seed, not by the rule for ties",
          "[random]") {
  CHECK(test::rows_of(picks(1)) == test::rows_of(picks(1)));
  CHECK(test::rows_of(picks(1)) != test::rows_of(picks(2)));
  CHECK(test::rows_of(picks(1)) == test::rows_of(picks(1, Ties::index)));
}

TEST_CASE("Random order says nothing about the order among ties", "[random]") {
  // The order among ties is that of the keys: were the score one of them too,
  // the two would agree or be opposite.
  const auto rows = test::rows_of(picks(3));
  const auto keys = row_keys(1000, 3);
  std::size_t ascents = 0;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    ascents += keys[rows[i - 1]] < keys[rows[i]] ? 1 : 0;
  }
  CHECK(ascents > 400);
  CHECK(ascents < 600);
}

TEST_CASE("Every row is picked first about equally often", "[random]") {
  // 10 rows, 5,000 seeds; chi-square with 9 degrees of freedom stays under
  // 33.7 in 9,999 cases of 10,000. The seeds are fixed.
  std::vector<int> first(10);
  for (std::uint64_t seed = 0; seed < 5000; ++seed) {
    SelectContext context;
    const auto pool = test::pool_of(10, {}, {}, seed);
    ++first[select_from(RandomStrategy(), pool, 1, context)[0].index];
  }
  double chi_square = 0.0;
  for (const int count : first)
    chi_square += std::pow(count - 500.0, 2) / 500.0;
  CHECK(chi_square < 33.7);
}

TEST_CASE("A random score is uniform in [0, 1)", "[random]") {
  double sum = 0.0;
  for (const RankedPick& pick : picks(4)) {
    CHECK(pick.score >= 0.0);
    CHECK(pick.score < 1.0);
    sum += pick.score;
  }
  // Four standard deviations of the mean of 1,000 uniforms.
  CHECK(std::abs(sum / 1000.0 - 0.5) < 4.0 / std::sqrt(12.0 * 1000.0));
}
