#include "quarry/strategy/submodular/greedy.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stop_token>
#include <vector>

#include "../pools.hpp"
#include "catch.hpp"
#include "error_id.hpp"

using namespace quarry;
using namespace quarry::test;

namespace {

/// How much weight the sets of the picked rows cover together: submodular.
struct Covers {
  static constexpr bool submodular = true;
  std::vector<std::vector<std::size_t>> sets = {};
  std::vector<double> weights = {};
  std::vector<bool> covered = std::vector<bool>(weights.size());
  mutable std::size_t gains_asked = 0;

  double gain(std::size_t row) const {
    ++gains_asked;
    double sum = 0.0;
    for (const std::size_t i : sets[row]) sum += covered[i] ? 0 : weights[i];
    return sum;
  }
  void add(std::size_t row) {
    for (const std::size_t i : sets[row]) covered[i] = true;
  }
};

/// The same, but gains may rise: all double once row 3 is picked.
struct Rises : Covers {
  static constexpr bool submodular = false;
  double factor = 1.0;
  double gain(std::size_t row) const { return factor * Covers::gain(row); }
  void add(std::size_t row) {
    Covers::add(row);
    if (row == 3) factor = 2.0;
  }
};

/// The same, with bounds that are exact for some rows.
struct Bounded : Covers {
  mutable std::size_t bounds_asked = 0;
  void bounds(std::span<const std::size_t> rows, std::span<double> out) const {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const std::size_t asked = gains_asked;
      out[i] = gain(rows[i]) + 0.4 * static_cast<double>(rows[i] % 3);
      gains_asked = asked;
      ++bounds_asked;
    }
  }
};

/// After the first pick the bounds of 64 rows lie each between two older ones
/// of the rows behind them, so that a lazy search computes a bound, a gain, a
/// bound, and so on.
struct Turns {
  static constexpr bool submodular = true;
  std::size_t picked = 0;

  double gain(std::size_t row) const {
    return row == 0 ? 1000.0 : 0.9 - 1e-3 * static_cast<double>(row);
  }
  void bounds(std::span<const std::size_t> rows, std::span<double> out) const {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const double back = static_cast<double>(rows[i]);
      out[i] = picked == 0 ? 1000.0 - back : rows[i] <= 64 ? 935.5 - back : 1.0;
    }
  }
  void add(std::size_t /*row*/) { ++picked; }
};

/// Whole weights, so that many gains tie.
Covers random_covers(std::size_t rows, RandomStream& random) {
  Covers covers;
  for (std::size_t i = 0; i < 40; ++i) {
    covers.weights.push_back(static_cast<double>(1 + random.below(4)));
  }
  covers.covered.resize(covers.weights.size());
  for (std::size_t row = 0; row < rows; ++row) {
    std::vector<std::size_t> set(random.below(6));
    for (std::size_t& i : set) i = random.below(covers.weights.size());
    std::sort(set.begin(), set.end());
    set.erase(std::unique(set.begin(), set.end()), set.end());
    covers.sets.push_back(std::move(set));
  }
  return covers;
}

template <class F>
std::vector<RankedPick> pick(F& function, const PoolView& pool,
                             std::size_t budget, GreedyOptions options,
                             SelectContext context = {}) {
  return greedy(function, pool, pool.candidates(), budget, context, options);
}

/// Looks at every candidate before every pick.
template <class F>
std::vector<std::size_t> naive(F function, const PoolView& pool,
                               std::size_t budget, Ties ties) {
  std::vector<std::size_t> free(pool.candidates().begin(),
                                pool.candidates().end());
  std::vector<std::size_t> picks;
  while (picks.size() < budget && !free.empty()) {
    std::size_t best = 0;
    for (std::size_t i = 1; i < free.size(); ++i) {
      const double a = function.gain(free[i]);
      const double b = function.gain(free[best]);
      const bool first =
          ties == Ties::hash && pool.key(free[i]) < pool.key(free[best]);
      if (a > b || (a == b && first)) best = i;
    }
    picks.push_back(free[best]);
    function.add(free[best]);
    free.erase(free.begin() + static_cast<std::ptrdiff_t>(best));
  }
  return picks;
}

}  // namespace

static_assert(SetFunction<Covers> && SubmodularFunction<Covers>);
static_assert(SetFunction<Rises> && !SubmodularFunction<Rises>);
static_assert(!BatchedSetFunction<Covers> && !BoundedSetFunction<Covers>);
static_assert(BoundedSetFunction<Bounded>);

TEST_CASE("Lazy greedy is naive greedy, pick by pick", "[submodular]") {
  RandomStream random(21);
  for (std::size_t trial = 0; trial < 60; ++trial) {
    const std::size_t rows = 1 + random.below(70);
    const Covers covers = random_covers(rows, random);
    const PoolView pool = pool_of(rows, {}, {0}, trial);
    for (const Ties ties : {Ties::hash, Ties::index}) {
      const auto want = naive(covers, pool, rows, ties);
      for (const Search search : {Search::naive, Search::lazy}) {
        Covers mine = covers;
        CAPTURE(trial, rows);
        CHECK(rows_of(pick(mine, pool, rows, {.search = search},
                           {.ties = ties})) == want);
        Bounded bounded{covers};
        CHECK(rows_of(pick(bounded, pool, rows, {.search = search},
                           {.ties = ties})) == want);
      }
    }
  }
}

TEST_CASE("Bounds and gains may take turns for as long as they like",
          "[submodular]") {
  Turns turns;
  const PoolView pool = pool_of(200, {});
  CHECK(rows_of(pick(turns, pool, 2, {.search = Search::lazy})) ==
        std::vector<std::size_t>{0, 1});
}

TEST_CASE("Lazy greedy computes fewer gains", "[submodular]") {
  RandomStream random(22);
  const Covers covers = random_covers(500, random);
  const PoolView pool = pool_of(500, {});
  Covers lazy = covers;
  Covers all = covers;
  pick(lazy, pool, 20, {.search = Search::lazy});
  pick(all, pool, 20, {.search = Search::naive});
  CHECK(all.gains_asked == 20 * 500 - 19 * 20 / 2);
  CHECK(lazy.gains_asked < all.gains_asked / 2);
  Bounded bounded{covers};
  pick(bounded, pool, 20, {.search = Search::lazy});
  CHECK(bounded.gains_asked < lazy.gains_asked);
  CHECK(bounded.bounds_asked < all.gains_asked / 2);
}

TEST_CASE("Gains that may rise are all computed", "[submodular]") {
  RandomStream random(23);
  for (std::size_t trial = 0; trial < 20; ++trial) {
    Rises rises{random_covers(40, random)};
    rises.sets[3] = {1, 2, 3, 4, 5, 6, 7};
    const PoolView pool = pool_of(40, {}, {}, trial);
    Rises mine = rises;
    CHECK(rows_of(pick(mine, pool, 40, {.search = Search::lazy})) ==
          naive(rises, pool, 40, Ties::hash));
  }
}

TEST_CASE("The score of a pick is its gain", "[submodular]") {
  Covers covers{.sets = {{0}, {0, 1}, {2}}, .weights = {1, 2, 2.5}};
  const auto picks = pick(covers, pool_of(3, {}), 3, {}, {.ties = Ties::index});
  CHECK(rows_of(picks) == std::vector<std::size_t>{1, 2, 0});
  CHECK(picks[0].score == 3.0);
  CHECK(picks[1].score == 2.5);
  CHECK(picks[2].score == 0.0);
}

TEST_CASE("Random searches look at samples, lazily at fewer of them",
          "[submodular]") {
  RandomStream random(24);
  const Covers covers = random_covers(400, random);
  const PoolView pool = pool_of(400, {});
  const auto run = [&](Search search, std::uint64_t seed, Covers& mine) {
    return rows_of(pick(mine, pool, 20, {.search = search, .epsilon = 0.2},
                        {.random = RandomStream(seed)}));
  };
  Covers a = covers;
  Covers b = covers;
  Covers c = covers;
  const auto drawn = run(Search::stochastic, 1, a);
  // ⌈400/20 ln 5⌉ = 33 of them a pick.
  CHECK(a.gains_asked == 20 * 33);
  CHECK(run(Search::lazier_than_lazy, 1, b).size() == 20);
  CHECK(b.gains_asked < a.gains_asked);
  CHECK(run(Search::stochastic, 2, c) != drawn);
  const auto worth = [](const Covers& covered) {
    double sum = 0.0;
    for (std::size_t i = 0; i < covered.weights.size(); ++i) {
      if (covered.covered[i]) sum += covered.weights[i];
    }
    return sum;
  };
  Covers whole = covers;
  pick(whole, pool, 20, {});
  CHECK(worth(a) >= 0.8 * worth(whole));
  CHECK(worth(b) >= 0.8 * worth(whole));
}

TEST_CASE("A sample is all there is when epsilon is small", "[submodular]") {
  RandomStream random(25);
  const Covers covers = random_covers(60, random);
  const PoolView pool = pool_of(60, {});
  const auto want = naive(covers, pool, 30, Ties::hash);
  for (const Search search : {Search::stochastic, Search::lazier_than_lazy}) {
    Covers mine = covers;
    CHECK(rows_of(pick(mine, pool, 30,
                       {.search = search, .epsilon = 1e-100})) == want);
  }
}

TEST_CASE("Greedy takes all there is, and stops when asked", "[submodular]") {
  RandomStream random(26);
  const Covers covers = random_covers(30, random);
  const PoolView pool = pool_of(30, {}, {4, 5});
  Covers mine = covers;
  auto rows = rows_of(pick(mine, pool, 99, {}));
  std::sort(rows.begin(), rows.end());
  CHECK(std::equal(rows.begin(), rows.end(), pool.candidates().begin(),
                   pool.candidates().end()));
  std::stop_source source;
  source.request_stop();
  CHECK(pick(mine, pool, 9, {}, {.stop = source.get_token()}).empty());
}

TEST_CASE("What greedy cannot work with is refused", "[submodular]") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  Covers covers{.sets = {{0}, {0}}, .weights = {std::nan("")}};
  const PoolView pool = pool_of(2, {});
  CHECK(error_id([&] { pick(covers, pool, 1, {}); }) == "strategy.bad_score");
  covers.weights = {infinity};
  CHECK(error_id([&] { pick(covers, pool, 1, {}); }) == "strategy.bad_score");
  covers.weights = {-infinity};
  CHECK(pick(covers, pool, 1, {}).size() == 1);
  for (const double epsilon : {0.0, 1.0, -1.0, std::nan("")}) {
    CHECK(error_id([&] { pick(covers, pool, 1, {.epsilon = epsilon}); }) ==
          "strategy.bad_param");
  }
}
