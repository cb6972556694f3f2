#include "quarry/strategy/diversity/k_center.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "quarry/strategy/any_strategy.hpp"

#include "../pools.hpp"
#include "catch.hpp"
#include "error_id.hpp"

using namespace quarry;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();

/// One pick per call and all distances again, as in the definition.
std::vector<RankedPick> naive(const std::vector<double>& h, std::size_t width,
                              const PoolView& pool, std::size_t budget,
                              Ties ties) {
  std::vector<std::size_t> centres(pool.labelled().begin(),
                                   pool.labelled().end());
  std::vector<std::size_t> free(pool.candidates().begin(),
                                pool.candidates().end());
  std::vector<RankedPick> picks;
  while (picks.size() < budget && !free.empty()) {
    std::size_t best = 0;
    double best_distance = -1.0;
    for (std::size_t i = 0; i < free.size(); ++i) {
      double nearest = inf;
      for (const std::size_t centre : centres) {
        double sum = 0.0;
        for (std::size_t j = 0; j < width; ++j) {
          const double d = h[free[i] * width + j] - h[centre * width + j];
          sum += d * d;
        }
        nearest = std::min(nearest, std::sqrt(sum));
      }
      const bool earlier =
          ties == Ties::hash && pool.key(free[i]) < pool.key(free[best]);
      if (nearest > best_distance || (nearest == best_distance && earlier)) {
        best = i;
        best_distance = nearest;
      }
    }
    picks.push_back(
        {free[best], centres.empty() ? std::nan("") : best_distance});
    centres.push_back(free[best]);
    free.erase(free.begin() + static_cast<std::ptrdiff_t>(best));
  }
  return picks;
}

/// The same, with distances to the nearest centre kept.
std::vector<RankedPick> one_pass_a_pick(const std::vector<double>& h,
                                        std::size_t width, const PoolView& pool,
                                        std::size_t budget, Ties ties) {
  const auto free = pool.candidates();
  std::vector<double> nearest(free.size(), inf);
  std::vector<bool> picked(free.size(), false);
  const auto add = [&](std::size_t centre) {
    for (std::size_t i = 0; i < free.size(); ++i) {
      double sum = 0.0;
      for (std::size_t j = 0; j < width; ++j) {
        const double d = h[free[i] * width + j] - h[centre * width + j];
        sum += d * d;
      }
      nearest[i] = std::min(nearest[i], sum);
    }
  };
  for (const std::size_t centre : pool.labelled()) add(centre);
  std::vector<RankedPick> picks;
  while (picks.size() < std::min(budget, free.size())) {
    std::size_t best = free.size();
    for (std::size_t i = 0; i < free.size(); ++i) {
      if (picked[i]) continue;
      const bool earlier = best < free.size() && ties == Ties::hash &&
                           pool.key(free[i]) < pool.key(free[best]);
      if (best == free.size() || nearest[i] > nearest[best] ||
          (nearest[i] == nearest[best] && earlier)) {
        best = i;
      }
    }
    picks.push_back({free[best], nearest[best] == inf
                                     ? std::nan("")
                                     : std::sqrt(nearest[best])});
    picked[best] = true;
    add(free[best]);
  }
  return picks;
}

PoolView pool_of(const std::vector<double>& h, std::size_t width,
                 std::vector<std::size_t> labelled = {}) {
  const std::size_t rows = h.size() / width;
  return test::pool_of(
      rows, {{inputs::embeddings, ArrayView(h.data(), {rows, width})}},
      std::move(labelled));
}

std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                               SelectContext context = {}) {
  return KCenter().select(pool, budget, context);
}

/// Whether picks are those of the definition, with their scores.
bool agree(const std::vector<RankedPick>& got,
           const std::vector<RankedPick>& want) {
  if (test::rows_of(got) != test::rows_of(want)) return false;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const bool same = std::isnan(want[i].score)
                          ? std::isnan(got[i].score)
                          : got[i].score == Approx(want[i].score).margin(1e-12);
    if (!same) return false;
  }
  return true;
}

struct Manhattan {
  template <class T>
  double reduced(std::span<const T> a, std::span<const T> b) const {
    double sum = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      sum += std::abs(double{a[i]} - double{b[i]});
    }
    return sum;
  }
  double distance(double reduced) const { return reduced; }
};

struct DropsATerm : Euclidean {
  template <class T>
  double reduced(std::span<const T> a, std::span<const T> b) const {
    return Euclidean::reduced(a.subspan(1), b.subspan(1));
  }
};

struct ForgetsTheRoot : Euclidean {
  double distance(double reduced) const { return reduced; }
};

}  // namespace

static_assert(SetStrategy<KCenter<>>);
static_assert(SetStrategy<KCenter<Manhattan>>);
static_assert(!PointwiseStrategy<KCenter<>>);
static_assert(KCenter<>::needs().has(inputs::embeddings));

TEST_CASE("k-center picks what the naive greedy picks, pick by pick",
          "[k_center]") {
  RandomStream random(7);
  for (std::size_t trial = 0; trial < 60; ++trial) {
    const std::size_t rows = 1 + random.below(60);
    const std::size_t width = 1 + random.below(20);
    auto h = test::random_numbers(rows * width, random);
    for (std::size_t i = 1; i < rows; ++i) {  // a quarter are copies
      if (random.below(4) > 0) continue;
      std::copy_n(
          h.begin() + static_cast<std::ptrdiff_t>(random.below(i) * width),
          width, h.begin() + static_cast<std::ptrdiff_t>(i * width));
    }
    std::vector<std::size_t> labelled;
    for (std::size_t i = 0; trial % 2 == 0 && i < rows; ++i) {
      if (random.below(5) == 0) labelled.push_back(i);
    }
    const PoolView pool = pool_of(h, width, labelled);
    for (const Ties ties : {Ties::hash, Ties::index}) {
      const auto want = naive(h, width, pool, rows + 2, ties);
      const auto got = select(pool, rows + 2, {.ties = ties});
      CAPTURE(trial, rows, width, labelled.size());
      REQUIRE(agree(got, want));
    }
  }
}

TEST_CASE("Batched k-center picks what one pass a pick does", "[k_center]") {
  RandomStream random(11);
  struct Case {
    const char* what;
    std::size_t rows, width, budget;
  };
  for (const Case& c : std::vector<Case>{{"low dimension", 3000, 1, 1500},
                                         {"a plane", 3000, 2, 1200},
                                         {"coarse", 2500, 3, 900},
                                         {"copies", 2000, 6, 2000},
                                         {"an offset", 2000, 8, 700},
                                         {"a large norm", 2000, 40, 600},
                                         {"rows of zeros", 1500, 20, 700},
                                         {"clusters", 3000, 12, 800},
                                         {"in general", 4000, 512, 1000}}) {
    const std::string what = c.what;
    CAPTURE(what);
    auto h = test::random_numbers(c.rows * c.width, random);
    for (std::size_t i = 0; i < c.rows; ++i) {
      const std::span<double> row(h.data() + i * c.width, c.width);
      const double cluster = static_cast<double>(random.below(7));
      for (double& x : row) {
        if (what == "coarse") x = std::round(2 * x);
        if (what == "an offset") x += 1e5;
        if (what == "a large norm" && i == 77) x *= 1e12;
        if (what == "rows of zeros" && i % 3 == 0) x = 0.0;
        if (what == "clusters") x = 1e-3 * x + cluster;
      }
      if (what == "copies" && i > 0 && i % 2 == 0) {
        std::copy_n(h.data() + random.below(i) * c.width, c.width, row.data());
      }
    }
    // In float, so that a float array holds the same.
    for (double& x : h) x = static_cast<float>(x);
    const std::vector<float> floats(h.begin(), h.end());
    std::vector<std::size_t> labelled;
    for (std::size_t i = 0; i < c.rows && c.width % 2 == 0; i += 90) {
      labelled.push_back(i);
    }
    const PoolView pool = pool_of(h, c.width, labelled);
    const PoolView in_float = test::pool_of(
        c.rows,
        {{inputs::embeddings, ArrayView(floats.data(), {c.rows, c.width})}},
        labelled);
    for (const Ties ties : {Ties::hash, Ties::index}) {
      if (what == "in general" && ties == Ties::index) continue;
      const auto want = one_pass_a_pick(h, c.width, pool, c.budget, ties);
      CHECK(agree(select(pool, c.budget, {.ties = ties}), want));
      CHECK(agree(select(in_float, c.budget, {.ties = ties, .threads = 2}),
                  want));
    }
  }
}

TEST_CASE("k-center with a slip in it is found out", "[k_center]") {
  RandomStream random(7);
  const auto h = test::random_numbers(50 * 4, random);
  const PoolView pool = pool_of(h, 4, {5, 6});
  const auto want = naive(h, 4, pool, 20, Ties::hash);
  SelectContext context;
  CHECK(agree(KCenter().select(pool, 20, context), want));
  CHECK_FALSE(agree(KCenter(DropsATerm()).select(pool, 20, context), want));
  CHECK_FALSE(agree(KCenter(ForgetsTheRoot()).select(pool, 20, context), want));
  // One that does not know what is labelled, and one that knows another order.
  CHECK_FALSE(agree(select(pool_of(h, 4), 20), want));
  const std::vector<double> equal(12, 1.0);
  const PoolView ties = pool_of(equal, 1);
  CHECK_FALSE(agree(select(ties, 12, {.ties = Ties::index}),
                    naive(equal, 1, ties, 12, Ties::hash)));
}

TEST_CASE("k-center's first picks are the same for any number of threads",
          "[k_center]") {
  RandomStream random(8);
  const std::size_t rows = 3000, width = 64;
  const auto h = test::random_numbers(rows * width, random);
  const PoolView pool = pool_of(h, width, {5, 6, 2000});
  const auto want = test::rows_of(select(pool, 10));
  for (const std::size_t threads : {2, 7}) {
    CHECK(test::rows_of(select(pool, 10, {.threads = threads})) == want);
  }
}

TEST_CASE("All labelled rows are centres of k-center", "[k_center]") {
  // On a line: 0 … 9 with 0 and 9 labelled.
  std::vector<double> h(10);
  for (std::size_t i = 0; i < 10; ++i) h[i] = static_cast<double>(i);
  const auto picks = select(pool_of(h, 1, {0, 9}), 2, {.ties = Ties::index});
  // 4 and 5 are both 4 away from a centre; then 2 and 6 … 7 are 2 away.
  CHECK(test::rows_of(picks) == std::vector<std::size_t>{4, 2});
  CHECK(picks[0].score == 4.0);
  CHECK(picks[1].score == 2.0);
}

TEST_CASE("Without a centre the total order decides k-center's first pick",
          "[k_center]") {
  const std::vector<double> h = {0, 10, 11, 30};
  const PoolView pool = pool_of(h, 1);
  const auto by_index = select(pool, 2, {.ties = Ties::index});
  CHECK(test::rows_of(by_index) == std::vector<std::size_t>{0, 3});
  CHECK(std::isnan(by_index[0].score));
  CHECK(by_index[1].score == 30.0);

  const auto keys = pool.keys();
  const auto least = static_cast<std::size_t>(
      std::min_element(keys.begin(), keys.end()) - keys.begin());
  CHECK(select(pool, 1)[0].index == least);
}

TEST_CASE("Once all is covered k-center goes on in order, each row once",
          "[k_center]") {
  const std::vector<double> h(6, 2.5);
  const auto picks = select(pool_of(h, 1, {3}), 9, {.ties = Ties::index});
  CHECK(test::rows_of(picks) == std::vector<std::size_t>{0, 1, 2, 4, 5});
  for (const RankedPick& pick : picks) CHECK(pick.score == 0.0);
}

TEST_CASE("k-center sees through a common offset that cancels", "[k_center]") {
  // Written as ‖x‖² + ‖c‖² − 2xc these distances are lost in double.
  const std::vector<double> h = {1e9, 1e9 + 3, 1e9 + 1, 1e9 + 8};
  CHECK(test::rows_of(select(pool_of(h, 1, {0}), 3)) ==
        std::vector<std::size_t>{3, 1, 2});
}

TEST_CASE("k-center takes embeddings of every float dtype", "[k_center]") {
  const std::vector<double> h = {0, 4, 1, 9, 6};
  const std::vector<float> floats(h.begin(), h.end());
  std::vector<Half> halves;
  for (const double x : h) halves.emplace_back(x);
  const auto want = test::rows_of(select(pool_of(h, 1, {0}), 4));
  for (const ArrayView& view :
       {ArrayView(floats.data(), {5, 1}), ArrayView(halves.data(), {5, 1})}) {
    const PoolView pool = test::pool_of(5, {{inputs::embeddings, view}}, {0});
    CHECK(test::rows_of(select(pool, 4)) == want);
  }
}

TEST_CASE("k-center takes another distance", "[k_center]") {
  // From (0, 0): Euclidean 5.1 beats 5, Manhattan 7 beats 5.1.
  const std::vector<double> h = {0, 0, 3, 4, 5.1, 0};
  const PoolView pool = pool_of(h, 2, {0});
  SelectContext context;
  CHECK(select(pool, 1)[0].index == 2);
  const auto picks = KCenter<Manhattan>().select(pool, 1, context);
  CHECK(picks[0].index == 1);
  CHECK(picks[0].score == 7.0);
}

TEST_CASE("k-center stops when asked, keeping its picks", "[k_center]") {
  RandomStream random(9);
  const auto h = test::random_numbers(400, random);
  const PoolView pool = pool_of(h, 2);
  const auto whole = test::rows_of(select(pool, 50));
  SECTION("by the token") {
    std::stop_source source;
    source.request_stop();
    CHECK(select(pool, 50, {.stop = source.get_token()}).empty());
  }
  SECTION("by the hook, which is told the truth") {
    std::vector<Progress> told;
    const auto hook = [&](const Progress& p) {
      told.push_back(p);
      return Flow::stop;
    };
    const auto picks = select(pool, 50, {.progress = hook});
    REQUIRE(picks.size() < 50);
    CHECK(std::equal(picks.begin(), picks.end(), whole.begin(),
                     [](const RankedPick& pick, std::size_t row) {
                       return pick.index == row;
                     }));
    REQUIRE_FALSE(told.empty());
    CHECK(told.back().stage == "select");
    CHECK(told.back().done == picks.size());
    CHECK(told.back().total == 50);
  }
}

TEST_CASE("k-center tells the hook about its end", "[k_center]") {
  std::vector<std::size_t> done;
  const auto hook = [&](const Progress& p) {
    done.push_back(p.done);
    return Flow::go_on;
  };
  const std::vector<double> h = {0, 1, 2, 3};
  select(pool_of(h, 1), 3, {.progress = hook});
  REQUIRE_FALSE(done.empty());
  CHECK(done.back() == 3);
}

TEST_CASE("k-center says how much memory it lacks", "[k_center]") {
  const std::vector<double> h = {0, 1, 2, 3};
  const PoolView pool = pool_of(h, 1);
  SelectContext context;
  const std::size_t need = kernels::farthest_first_bytes(pool, 2, context);
  const auto act = [&] {
    select(pool, 2, {.memory_limit = need - 1});
  };
  CHECK(test::error_id(act) == "strategy.memory");
  CHECK(test::error_message(act).find(std::to_string(need) + " bytes") !=
        std::string::npos);
  CHECK(select(pool, 2, {.memory_limit = need}).size() == 2);

  context.memory_limit = 31;  // 8 bytes a candidate
  CHECK(test::error_id([&] {
          KCenter<Manhattan>().select(pool, 2, context);
        }) == "strategy.memory");
  context.memory_limit = 32;
  CHECK(KCenter<Manhattan>().select(pool, 2, context).size() == 2);
}

TEST_CASE("k-center without embeddings says so", "[k_center]") {
  CHECK(test::error_id([] { select(test::pool_of(3, {}), 1); }) ==
        "strategy.missing_input");
}
