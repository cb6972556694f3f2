#include "quarry/strategy/bayesian/consensus.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "../passes.hpp"
#include "catch.hpp"
#include "error_id.hpp"

using namespace quarry;
using namespace quarry::test;

namespace {

long double least_confidence(const RowPasses& p) {
  const auto mean = mean_of(p);
  return 1.0L - *std::max_element(mean.begin(), mean.end());
}

long double margin(const RowPasses& p) {
  auto mean = mean_of(p);
  std::sort(mean.rbegin(), mean.rend());
  return 1.0L - (mean[0] - (mean.size() > 1 ? mean[1] : 0.0L));
}

long double entropy(const RowPasses& p) {
  long double sum = 0.0L;
  for (const long double x : mean_of(p)) {
    if (x > 0.0L) sum -= x * std::log(x);
  }
  return sum;
}

/// A user's own score of probabilities.
struct Doubt : Pointwise<Doubt> {
  double score(const Prediction& p) const {
    return 1.0 - p.probabilities.maxCoeff();
  }
};

}  // namespace

static_assert(PointwiseStrategy<McMargin>);
static_assert(!SetStrategy<McMargin>);
static_assert(McMargin::needs().has(inputs::passes));
static_assert(McMargin::needs().size() == 1);

TEST_CASE("Scores of the mean of the passes are their definitions",
          "[consensus]") {
  CHECK(agrees(McLeastConfidence(), least_confidence));
  CHECK(agrees(McMargin(), margin));
  CHECK(agrees(McEntropy(), entropy));
  CHECK(agrees(Consensus<Doubt>(), least_confidence));
}

TEST_CASE("A mean with a slip in it is found out", "[consensus]") {
  // The mean of the scores for the score of the mean.
  CHECK_FALSE(agrees(SlippedScore([](const RowsView& p) {
                       return 1.0 - p.rowwise().maxCoeff().mean();
                     }),
                     least_confidence));
  // The first pass left out.
  CHECK_FALSE(agrees(SlippedScore([](const RowsView& p) {
                       const auto rest = p.rows() > 1 ? p.rows() - 1 : 1;
                       return 1.0 -
                              p.bottomRows(rest).colwise().mean().maxCoeff();
                     }),
                     least_confidence));
  // The comparison itself passes what has none.
  CHECK(agrees(SlippedScore([](const RowsView& p) {
                 return 1.0 - p.colwise().mean().maxCoeff();
               }),
               least_confidence));
}

TEST_CASE("Passes that agree have the score of each of them, to the last bit",
          "[consensus]") {
  RandomStream random(5);
  for (const std::size_t passes : {1, 3, 7, 49}) {
    for (int i = 0; i < 50; ++i) {
      const auto p = random_probabilities(1, 5, random);
      const std::vector<std::vector<double>> same(passes, p);
      const Prediction alone{.probabilities = RowView(p.data(), 5)};
      CHECK(score_of(McMargin(), same) == Margin().score(alone));
      CHECK(score_of(McEntropy(), same) == Entropy().score(alone));
    }
  }
}

TEST_CASE("Passes that are sure of different classes are in doubt together",
          "[consensus]") {
  CHECK(score_of(McMargin(), {{1.0, 0.0}, {0.0, 1.0}}) == 1.0);
  CHECK(score_of(McLeastConfidence(), {{1.0, 0.0}, {0.0, 1.0}}) == 0.5);
  CHECK(score_of(McEntropy(), {{1.0, 0.0}, {0.0, 1.0}}) ==
        Approx(std::log(2.0)).epsilon(1e-15));
  CHECK(score_of(McEntropy(), {{1.0, 0.0}, {1.0, 0.0}}) == 0.0);
}

TEST_CASE("With two classes all three put rows in the same order",
          "[consensus]") {
  RandomStream random(6);
  const auto p = random_passes(5, 300, 2, random);
  const PoolView pool = pool_of(300, {{inputs::passes, p.view()}});
  SelectContext context;
  const auto margin = rows_of(select_from(McMargin(), pool, 300, context));
  CHECK(margin == rows_of(select_from(McEntropy(), pool, 300, context)));
  CHECK(margin ==
        rows_of(select_from(McLeastConfidence(), pool, 300, context)));
}

TEST_CASE("A mean of no passes is a programmer's error", "[consensus]") {
  CHECK(error_id([] { consensus(RowsView(nullptr, 0, 0)); }) ==
        "contract.violated");
  CHECK(error_id([] { McMargin().score(Prediction{}); }) ==
        "contract.violated");
}
