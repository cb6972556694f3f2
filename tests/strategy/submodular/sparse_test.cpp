// Facility location over nearest rows, against its definition computed from the
// whole matrix, pick by pick.

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "quarry/strategy/any_strategy.hpp"
#include "quarry/strategy/registry.hpp"
#include "quarry/strategy/submodular/facility_location.hpp"
#include "quarry/strategy/submodular/sparse_facility_location.hpp"
#include "quarry/testing/check_strategy.hpp"

#include "../embedded.hpp"
#include "catch.hpp"
#include "error_id.hpp"

using namespace quarry;
using namespace quarry::test;

namespace {

using RowNumbers = std::vector<std::size_t>;

/// The k largest of each row, of equal ones the first; the others are 0.
Square largest(Square s, std::size_t k) {
  for (auto& row : s) {
    RowNumbers order(row.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(
        order.begin(), order.end(),
        [&](std::size_t a, std::size_t b) { return row[a] > row[b]; });
    for (std::size_t n = k; n < order.size(); ++n) row[order[n]] = 0;
  }
  return s;
}

long double value(const Square& s, const RowNumbers& picked) {
  long double sum = 0;
  for (const auto& row : s) {
    long double most = 0;
    for (const std::size_t j : picked) most = std::max(most, row[j]);
    sum += most;
  }
  return sum;
}

/// Whether each pick adds what its score says, and no other row adds more.
bool is_greedy(const std::vector<RankedPick>& picks, const Embedded& embedded,
               const Square& s) {
  RowNumbers taken = embedded.labelled;
  const auto gain = [&](std::size_t row) {
    RowNumbers more = taken;
    more.push_back(row);
    return value(s, more) - value(s, taken);
  };
  for (const RankedPick& pick : picks) {
    const long double mine = gain(pick.index);
    if (std::abs(mine - static_cast<long double>(pick.score)) > 1e-11L)
      return false;
    for (std::size_t row = 0; row < embedded.rows; ++row) {
      if (gain(row) > mine + 1e-11L) return false;
    }
    taken.push_back(pick.index);
  }
  return true;
}

bool is_always_greedy(std::size_t neighbours, std::size_t oracles) {
  RandomStream random(51);
  for (std::size_t trial = 0; trial < 12; ++trial) {
    const Embedded embedded =
        random_rows(1 + random.below(40), 2 + random.below(6),
                    trial % 2 == 0 ? 0.2 : 0.0, random);
    SelectContext context{.ties = Ties::index, .threads = 2};
    const auto picks =
        SparseFacilityLocation<>({.function = {.neighbours = neighbours}})
            .select(embedded.pool(), 9, context);
    if (!is_greedy(picks, embedded, largest(embedded.cosines(), oracles)))
      return false;
  }
  return true;
}

}  // namespace

static_assert(SubmodularFunction<SparseFacilityLocationFunction>);
static_assert(SetStrategy<SparseFacilityLocation<RbfKernel>>);

TEST_CASE("Sparse facility location is greedy by its definition",
          "[submodular]") {
  for (const std::size_t k : {1, 2, 5, 100}) {
    CAPTURE(k);
    CHECK(is_always_greedy(k, k));
  }
  CHECK_FALSE(is_always_greedy(3, 4));
  CHECK_FALSE(is_always_greedy(3, 100));
}

TEST_CASE("With all neighbours it is facility location", "[submodular]") {
  RandomStream random(52);
  const Embedded embedded = random_rows(300, 5, 0.1, random);
  const PoolView pool = embedded.pool();
  SelectContext context;
  const auto agree = [&]<class Kernel>(const Kernel& kernel) {
    const auto whole =
        FacilityLocation<Kernel>({.kernel = kernel}).select(pool, 40, context);
    const auto sparse = SparseFacilityLocation<Kernel>(
                            {.kernel = kernel, .function = {.neighbours = 300}})
                            .select(pool, 40, context);
    REQUIRE(sparse.size() == whole.size());
    for (std::size_t i = 0; i < whole.size(); ++i) {
      CHECK(sparse[i].index == whole[i].index);
      CHECK(sparse[i].score == Approx(whole[i].score).epsilon(1e-13));
    }
  };
  agree(CosineKernel());
  agree(RbfKernel{.sigma = 0.7});
  agree(RawRbfKernel{.sigma = 2.0});
  agree(InverseDistance<>());
}

TEST_CASE("Neighbours are those of a likeness that is given", "[submodular]") {
  // Of two neighbours row 0 has itself and 1, row 2 itself and 0, the first of
  // two that are equally like it.
  const std::vector<double> s = {1.0, 0.9, 0.6, 0.1,  //
                                 0.9, 1.0, 0.6, 0.1,  //
                                 0.6, 0.6, 1.0, 0.5,  //
                                 0.1, 0.1, 0.5, 1.0};
  const PoolView pool =
      pool_of(4, {{inputs::similarity, ArrayView(s.data(), {4, 4})}});
  SelectContext context{.ties = Ties::index};
  const auto check = [&](std::size_t k, const RowNumbers& rows, double first,
                         double second) {
    CAPTURE(k);
    const auto picks = SparseFacilityLocation<>({.function = {.neighbours = k}})
                           .select(pool, 2, context);
    REQUIRE(rows_of(picks) == rows);
    CHECK(picks[0].score == Approx(first));
    CHECK(picks[1].score == Approx(second));
  };
  check(1, {0, 1}, 1.0, 1.0);
  check(2, {0, 3}, 2.5, 1.0);
  check(4, {2, 0}, 2.7, 0.7);
}

TEST_CASE("Sparse facility location obeys the laws", "[submodular]") {
  const SparseFacilityLocation<> strategy({.function = {.neighbours = 3}});
  CHECK(testing::check_strategy(strategy, {.pools = 11}).text() == "");
}

TEST_CASE("The number of neighbours is checked", "[submodular]") {
  const auto id = [](const char* value) {
    return error_id([&] {
      make_strategy("facility_location", {{"neighbours", value}});
    });
  };
  CHECK(id("10").empty());
  CHECK(id("0").empty());
  CHECK(id("-1") == "strategy.bad_param");
  CHECK(error_id([] {
          SparseFacilityLocation<>({.function = {.neighbours = 0}});
        }) == "strategy.bad_param");
}
