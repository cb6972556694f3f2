#include "quarry/strategy/multilabel/scores.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "quarry/strategy/any_strategy.hpp"

#include "../pools.hpp"
#include "catch.hpp"
#include "error_id.hpp"

using namespace quarry;

namespace {

double score(const AnyStrategy& strategy, const std::vector<double>& p) {
  const std::vector<NamedArray> inputs = {
      {inputs::label_probabilities, ArrayView(p.data(), {1, p.size()})}};
  const std::vector<std::uint64_t> keys(1);
  double out = 0.0;
  strategy.score({.rows = 1, .inputs = inputs, .keys = keys}, {&out, 1});
  return out;
}

}  // namespace

static_assert(PointwiseStrategy<MultilabelMinConfidence>);
static_assert(PointwiseStrategy<MultilabelMeanMargin>);

TEST_CASE("Multi-label scores are their definitions", "[multilabel]") {
  RandomStream random(61);
  for (const std::size_t labels : {1, 2, 5, 100}) {
    std::vector<double> p;
    for (std::size_t c = 0; c < labels; ++c) p.push_back(random.uniform());
    // The doubt about a label is the lesser of its two probabilities.
    double most = 0.0, sum = 0.0, least = 1.0;
    for (const double x : p) {
      most = std::max(most, std::min(x, 1.0 - x));
      least = std::min(least, std::min(x, 1.0 - x));
      sum += std::min(x, 1.0 - x);
    }
    const double mean = sum / static_cast<double>(labels);
    CHECK(score(MultilabelMinConfidence(), p) == Approx(most).epsilon(1e-12));
    CHECK(score(MultilabelMeanMargin(), p) ==
          Approx(2.0 * mean).epsilon(1e-12));
    if (labels == 1) continue;
    CHECK(score(MultilabelMinConfidence(), p) != Approx(least));
    CHECK(score(MultilabelMeanMargin(), p) != Approx(1.0 - 2.0 * mean));
  }
}

TEST_CASE("Certain labels have the least score, even ones the greatest",
          "[multilabel]") {
  for (const AnyStrategy& strategy : {AnyStrategy(MultilabelMinConfidence()),
                                      AnyStrategy(MultilabelMeanMargin())}) {
    CHECK(score(strategy, {0.0, 1.0, 1.0}) == 0.0);
    CHECK(score(strategy, {1.0}) == 0.0);
  }
  CHECK(score(MultilabelMinConfidence(), {1.0, 0.5}) == 0.5);
  CHECK(score(MultilabelMeanMargin(), {0.5, 0.5}) == 1.0);
  CHECK(score(MultilabelMeanMargin(), {1.0, 0.5}) == 0.5);
}

TEST_CASE("Probabilities of labels need not sum to 1, but lie in [0, 1]",
          "[multilabel]") {
  const auto message = [](const std::vector<double>& p) {
    return test::error_message([&] {
      test::pool_of(1, {{inputs::label_probabilities,
                         ArrayView(p.data(), {1, p.size()})}});
    });
  };
  CHECK(message({0.9, 0.8, 0.0, 1.0}).empty());
  CHECK(message({0.9, 1.5}) ==
        "row 0 of label_probabilities holds the number 1.5, which is above 1");
  CHECK(message({-2.0, 0.5}) ==
        "row 0 of label_probabilities holds the negative number -2");
  CHECK(message({0.5, std::nan("")}) ==
        "row 0 of label_probabilities is partly NaN");
}
