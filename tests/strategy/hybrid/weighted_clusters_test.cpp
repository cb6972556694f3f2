#include "quarry/strategy/hybrid/weighted_clusters.hpp"

#include <algorithm>
#include <vector>

#include "../lloyd.hpp"
#include "../pools.hpp"
#include "catch.hpp"
#include "error_id.hpp"

using namespace quarry;

namespace {

constexpr std::size_t classes = 3, width = 4;

struct Arrays {
  std::vector<double> p, h, start;

  std::size_t rows() const { return p.size() / classes; }
  PoolView pool(std::vector<std::size_t> labelled) const {
    return test::pool_of(
        rows(),
        {{inputs::probabilities, ArrayView(p.data(), {rows(), classes})},
         {inputs::embeddings, ArrayView(h.data(), {rows(), width})},
         {inputs::init_centroids,
          ArrayView(start.data(), {start.size() / width, width})}},
        std::move(labelled));
  }
};

/// The rows, weighted, whose clusters are to be found.
std::vector<std::size_t> by_lloyd(const Arrays& a,
                                  const std::vector<std::size_t>& rows,
                                  const std::vector<double>& weights) {
  const auto h = test::rows_of_width(a.h, width);
  test::Lloyd lloyd{.rows = {},
                    .weights = weights,
                    .centroids = test::rows_of_width(a.start, width)};
  for (const std::size_t row : rows) lloyd.rows.push_back(h[row]);
  lloyd.run();
  std::vector<std::size_t> picks;
  for (const std::size_t place : lloyd.nearest_distinct()) {
    picks.push_back(rows[place]);
  }
  return picks;
}

double entropy(const double* p) {
  double sum = 0.0;
  for (std::size_t c = 0; c < classes; ++c) sum -= p[c] * std::log(p[c]);
  return sum;
}

double margin(const double* p) {
  std::vector<double> sorted(p, p + classes);
  std::sort(sorted.rbegin(), sorted.rend());
  return 1.0 - (sorted[0] - sorted[1]);
}

WeightedKMeans to_the_end() {
  return {.options = {.tolerance = 0}};
}

}  // namespace

static_assert(Clusterer<WeightedKMeans>);
static_assert(!Clusterer<Margin>);
static_assert(SetStrategy<Dbal<>> && SetStrategy<Clue<Margin>>);
static_assert(SetStrategy<Dbal<Entropy, WeightedKMeans>>);

TEST_CASE("DBAL and CLUE are weighted k-means of what is unsure",
          "[dbal][clue]") {
  RandomStream random(81);
  int apart = 0;
  for (int trial = 0; trial < 20; ++trial) {
    const std::size_t rows = 60 + random.below(100);
    const std::size_t budget = 2 + random.below(4);
    Arrays a{test::random_probabilities(rows, classes, random, 2.0),
             test::random_numbers(rows * width, random),
             {}};
    a.start.assign(a.h.begin(),
                   a.h.begin() + static_cast<std::ptrdiff_t>(budget * width));
    const PoolView pool = a.pool({1, 3, 5});
    const std::vector<std::size_t> free(pool.candidates().begin(),
                                        pool.candidates().end());
    SelectContext context{.ties = Ties::index};
    CAPTURE(trial, rows, budget);

    std::vector<double> weights;
    for (const std::size_t i : free) {
      weights.push_back(entropy(a.p.data() + i * classes));
    }
    const auto clue = Clue<>({}, to_the_end()).select(pool, budget, context);
    CHECK((test::rows_of(clue) == by_lloyd(a, free, weights)));
    for (const RankedPick& pick : clue) {
      CHECK(pick.score == Approx(entropy(a.p.data() + pick.index * classes)));
    }
    apart += test::rows_of(clue) !=
             by_lloyd(a, free, std::vector<double>(free.size(), 1.0));

    std::vector<std::size_t> best = free;
    std::sort(best.begin(), best.end(), [&](std::size_t x, std::size_t y) {
      return margin(a.p.data() + x * classes) >
             margin(a.p.data() + y * classes);
    });
    // A rest that is less than the budget is left out as well.
    const std::size_t beta = trial % 2 == 0 ? 5 : free.size() / budget;
    best.resize(beta * budget);
    std::sort(best.begin(), best.end());
    weights.clear();
    for (const std::size_t i : best) {
      weights.push_back(margin(a.p.data() + i * classes));
    }
    const auto dbal =
        Dbal<>({.beta = beta}, {}, to_the_end()).select(pool, budget, context);
    CHECK((test::rows_of(dbal) == by_lloyd(a, best, weights)));
    const auto plain = KMeans(to_the_end()).select(pool, budget, context);
    CHECK((test::rows_of(plain) ==
           by_lloyd(a, free, std::vector<double>(free.size(), 1.0))));
    CHECK(std::isnan(plain[0].score));
  }
  CHECK(apart > 5);
}

TEST_CASE("Centroids of another shape are refused", "[dbal][clue]") {
  RandomStream random(82);
  Arrays a{test::random_probabilities(20, classes, random),
           test::random_numbers(20 * width, random),
           std::vector<double>(3 * width, 0.0)};
  SelectContext context;
  const auto id = [&](std::size_t budget) {
    return test::error_id(
        [&] { KMeans().select(a.pool({}), budget, context); });
  };
  CHECK(id(3).empty());
  CHECK(id(4) == "strategy.input_shape");
  a.start[2] = std::nan("");
  CHECK(id(3) == "strategy.bad_row");
  CHECK(test::error_id([] { Dbal<>({.beta = 0}); }) == "strategy.bad_param");
}
