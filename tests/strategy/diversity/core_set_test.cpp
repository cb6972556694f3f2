#include "quarry/strategy/diversity/core_set.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stop_token>
#include <vector>

#include "quarry/strategy/registry.hpp"

#include "../embedded.hpp"
#include "catch.hpp"
#include "error_id.hpp"
#include "same_picks.hpp"

using namespace quarry;

namespace {

using Set = std::vector<std::size_t>;

/// The definition, of a matrix of distances; ties by index.
struct Robust {
  const test::Square& distances;
  Set labelled;
  std::size_t outliers;

  std::size_t rows() const { return distances.size(); }
  bool is_labelled(std::size_t x) const {
    return std::count(labelled.begin(), labelled.end(), x) > 0;
  }
  long double nearest(std::size_t x, const Set& picks) const {
    long double least = HUGE_VALL;
    for (const Set& centres : {labelled, picks}) {
      for (const std::size_t s : centres) {
        least = std::min(least, distances[x][s]);
      }
    }
    return least;
  }
  /// r(S)
  long double radius(const Set& picks) const {
    std::vector<long double> all;
    for (std::size_t x = 0; x < rows(); ++x) {
      all.push_back(nearest(x, picks));
    }
    std::sort(all.rbegin(), all.rend());
    return outliers < all.size() ? all[outliers] : 0.0L;
  }
  /// The farthest of `allowed`, one by one.
  Set farthest(Set picks, const Set& allowed, std::size_t count) const {
    while (picks.size() < count) {
      std::size_t best = rows();
      for (const std::size_t x : allowed) {
        if (std::count(picks.begin(), picks.end(), x) > 0) continue;
        if (best == rows() || nearest(x, picks) > nearest(best, picks)) {
          best = x;
        }
      }
      picks.push_back(best);
    }
    return picks;
  }
  Set candidates() const {
    Set all;
    for (std::size_t x = 0; x < rows(); ++x) {
      if (!is_labelled(x)) all.push_back(x);
    }
    return all;
  }
  Set cover(long double delta, std::size_t budget) const {
    Set picks;
    while (picks.size() < budget) {
      std::size_t best = rows(), most = 0;
      for (const std::size_t x : candidates()) {
        std::size_t covers = 0;
        for (std::size_t u = 0; u < rows(); ++u) {
          if (distances[x][u] <= delta && nearest(u, picks) > delta) ++covers;
        }
        if (covers > most) {
          most = covers;
          best = x;
        }
      }
      if (most == 0) break;
      picks.push_back(best);
    }
    return farthest(picks, candidates(), budget);
  }
  /// `squared`: the interval is halved in squares of distances.
  Set search(std::size_t budget, std::size_t steps, bool squared) const {
    const auto reduced = [&](long double d) {
      return squared ? d * d : d;
    };
    Set best = farthest({}, candidates(), budget);
    long double low = 0, high = reduced(radius(best));
    for (std::size_t t = 0; t < steps && low < high; ++t) {
      const long double delta = low + (high - low) / 2;
      const Set rows = cover(squared ? std::sqrt(delta) : delta, budget);
      if (radius(rows) < radius(best)) best = rows;
      if (reduced(radius(rows)) <= delta) {
        high = reduced(radius(rows));
      } else {
        low = delta;
      }
    }
    std::sort(best.begin(), best.end());
    return farthest({}, best, budget);
  }
};

std::vector<RankedPick> select(const test::Embedded& data, std::size_t budget,
                               const CoreSetOptions& options,
                               SelectContext context = {.ties = Ties::index}) {
  return CoreSet<>(options).select(data.pool(), budget, context);
}

/// Three heaps of ten rows, and rows 30 and 31 far away from all.
test::Embedded heaps() {
  RandomStream random(5);
  test::Embedded data{32, 2, test::random_numbers(64, random), {}};
  for (std::size_t i = 0; i < 30; ++i) {
    data.values[2 * i] += 20.0 * static_cast<double>(i / 10);
  }
  data.values[60] = 500.0;
  data.values[62] = -700.0;
  return data;
}

}  // namespace

static_assert(SetStrategy<CoreSet<>> && SetStrategy<CoreSet<Cosine>>);
static_assert(!PointwiseStrategy<CoreSet<>>);

TEST_CASE("Without outliers or without a search it is k-center", "[core_set]") {
  RandomStream random(1);
  const test::Embedded data = test::random_rows(300, 6, 0.1, random);
  SelectContext context{.ties = Ties::index};
  const auto want = KCenter<>().select(data.pool(), 40, context);
  for (const CoreSetOptions options :
       {CoreSetOptions{.outliers = 0}, CoreSetOptions{},
        CoreSetOptions{.outliers = 5, .steps = 0}}) {
    const auto got = select(data, 40, options);
    CHECK(test::rows_of(got) == test::rows_of(want));
    for (std::size_t i = 0; i < got.size(); ++i) {
      CHECK(got[i].score == want[i].score);
    }
  }
}

TEST_CASE("With outliers it is the search of the definition", "[core_set]") {
  RandomStream random(2);
  int better = 0;
  for (int trial = 0; trial < 12; ++trial) {
    CAPTURE(trial);
    const test::Embedded data =
        test::random_rows(40 + random.below(40), 3, 0.05, random);
    const test::Square distances = data.distances();
    const std::size_t outliers = 1 + random.below(6);
    const std::size_t budget = 2 + random.below(8);
    const Robust naive{distances, data.labelled, outliers};
    const auto picks = select(
        data, budget, {.outliers = static_cast<double>(outliers), .steps = 6},
        {.ties = Ties::index, .threads = 3});
    const Set rows = test::rows_of(picks);
    CHECK(rows == naive.search(budget, 6, true));
    // Scores are the distances at the time of the pick.
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const Set before(rows.begin(), rows.begin() + static_cast<long>(i));
      const long double want = naive.nearest(rows[i], before);
      if (std::isinf(want)) {
        CHECK(std::isnan(picks[i].score));
      } else {
        CHECK(picks[i].score == Approx(static_cast<double>(want)));
      }
    }
    const auto greedy = select(data, budget, {.outliers = 0});
    const long double least = naive.radius(test::rows_of(greedy));
    CHECK(naive.radius(rows) <= least);
    better += naive.radius(rows) < 0.99L * least;
  }
  CHECK(better > 6);
}

TEST_CASE("It takes another distance", "[core_set]") {
  RandomStream random(3);
  const test::Embedded data = test::random_rows(60, 4, 0.05, random);
  const test::Square cosines = data.cosines();
  const test::Square distances = data.square([&](std::size_t i, std::size_t j) {
    return i == j ? 0.0L : 1.0L - cosines[i][j];
  });
  SelectContext context{.ties = Ties::index};
  const auto picks = CoreSet<Cosine>({.outliers = 4, .steps = 5})
                         .select(data.pool(), 6, context);
  const Robust naive{distances, data.labelled, 4};
  CHECK(test::rows_of(picks) == naive.search(6, 5, false));
}

TEST_CASE("Its radius lies between the least and the greedy one",
          "[core_set]") {
  RandomStream random(4);
  for (int trial = 0; trial < 20; ++trial) {
    const test::Embedded data = test::random_rows(9, 2, 0.0, random);
    const test::Square distances = data.distances();
    const Robust naive{distances, {}, 2};
    long double least = HUGE_VALL;
    for (std::size_t a = 0; a < 9; ++a) {
      for (std::size_t b = 0; b < a; ++b) {
        least = std::min(least, naive.radius({a, b}));
      }
    }
    const auto picks = select(data, 2, {.outliers = 2, .steps = 20});
    CHECK(naive.radius(test::rows_of(picks)) >= least);
    CHECK(naive.radius(test::rows_of(picks)) <= 2 * least);
  }
}

TEST_CASE("It leaves rows out that k-center runs after", "[core_set]") {
  const test::Embedded data = heaps();
  const auto has_outlier = [](const std::vector<RankedPick>& picks) {
    return std::any_of(picks.begin(), picks.end(),
                       [](const RankedPick& pick) { return pick.index >= 30; });
  };
  CHECK(has_outlier(select(data, 3, {.outliers = 0})));
  const auto picks = select(data, 3, {.outliers = 2});
  CHECK_FALSE(has_outlier(picks));
  std::vector<std::size_t> heap;
  for (const RankedPick& pick : picks) heap.push_back(pick.index / 10);
  std::sort(heap.begin(), heap.end());
  CHECK(heap == std::vector<std::size_t>{0, 1, 2});
  // As a share, rounded down: 2 of 32, and 1.
  CHECK_FALSE(has_outlier(select(data, 3, {.outliers = 0.07})));
  CHECK(has_outlier(select(data, 3, {.outliers = 0.06})));
  CHECK(CoreSetOptions().outliers_of(19'999) == 1);
  for (std::size_t percent = 0; percent < 100; ++percent) {
    CAPTURE(percent);
    const CoreSetOptions share{.outliers =
                                   static_cast<double>(percent) / 100.0};
    CHECK(share.outliers_of(100) == percent);
    CHECK(share.outliers_of(10'000) == 100 * percent);
  }
  const CoreSetOptions below{.outliers = std::nextafter(0.9, 0.0)};
  CHECK(below.outliers_of(10) == 8);
  CHECK(CoreSetOptions{.outliers = 7}.outliers_of(3) == 3);
}

TEST_CASE("How much it may keep changes no core-set", "[core_set]") {
  // Enough rows for picks to be foreseen, in heaps about one of them each.
  RandomStream random(6);
  test::Embedded data = test::heaps(
      2400, [](std::size_t i) { return i % 3; }, random);
  for (const bool labelled : {false, true}) {
    CAPTURE(labelled);
    if (labelled) data.labelled = {0, 3, 300};
    const CoreSetOptions options{.outliers = 50, .steps = 6};
    std::size_t least = 1;
    while (!test::error_id([&] {
              select(data, 12, options, {.memory_limit = least});
            }).empty()) {
      least += least / 8 + 1;
    }
    const auto want =
        select(data, 12, options, {.ties = Ties::index, .memory_limit = least});
    CHECK(want.size() == 12);
    CHECK(test::rows_of(want) !=
          test::rows_of(select(data, 12, {.outliers = 0})));
    for (const std::size_t more :
         {std::size_t{1} << 20, std::size_t{1} << 25, std::size_t{1} << 35}) {
      for (const std::size_t threads : {1, 7}) {
        CAPTURE(more, threads);
        CHECK(test::same(select(data, 12, options,
                                {.ties = Ties::index,
                                 .memory_limit = least + more,
                                 .threads = threads}),
                         want));
      }
    }
  }
}

TEST_CASE("Odd pools have a core-set", "[core_set]") {
  const CoreSetOptions options{.outliers = 3};
  const test::Embedded one{1, 2, {1.0, 2.0}, {}};
  CHECK(select(one, 4, options).size() == 1);
  test::Embedded equal{8, 1, std::vector<double>(8, 2.0), {1}};
  CHECK(test::rows_of(select(equal, 3, options)) == Set{0, 2, 3});
  CHECK(select(heaps(), 40, options).size() == 32);
  CHECK(select(heaps(), 3, {.outliers = 1000}).size() == 3);
}

TEST_CASE("What a core-set cannot do is refused", "[core_set]") {
  for (const double outliers : {-1.0, 1.5, std::nan(""), HUGE_VAL}) {
    CHECK(test::error_id([&] { CoreSet<>({.outliers = outliers}); }) ==
          "strategy.bad_param");
  }
  CHECK(test::error_id([] {
          make_strategy("core_set", {{"outliers", "2.5"}});
        }) == "strategy.bad_param");
  CHECK_NOTHROW(make_strategy(
      "core_set", {{"outliers", "2"}, {"steps", "3"}, {"metric", "cosine"}}));
  CHECK(test::error_id([] {
          select(heaps(), 3, {.outliers = 2}, {.memory_limit = 10});
        }) == "strategy.memory");
  std::stop_source source;
  source.request_stop();
  CHECK(select(heaps(), 3, {.outliers = 2}, {.stop = source.get_token()})
            .empty());
}
