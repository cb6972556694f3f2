#include "quarry/pipeline/score_histogram.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "quarry/core/random.hpp"

#include "catch.hpp"

namespace quarry {
namespace {

std::vector<double> random_scores(std::size_t count, double scale,
                                  double shift) {
  RandomStream random(3);
  std::vector<double> scores(count);
  for (double& score : scores) score = scale * random.normal() + shift;
  return scores;
}

TEST_CASE("a histogram counts every score in the bin where it lies",
          "[histogram]") {
  const double scale = GENERATE(1e-200, 1e-3, 1.0, 1e6, 1e200);
  const double shift = GENERATE(0.0, 5.0, -5.0) * scale;
  const std::vector<double> scores = random_scores(500, scale, shift);
  ScoreHistogram histogram;
  for (const double score : scores) histogram.add(score);
  CHECK(histogram.total() == scores.size());
  const std::size_t bins = histogram.counts().size();
  CHECK(bins > 32);
  CHECK(bins <= ScoreHistogram::most_bins);
  CHECK(histogram.counts().front() > 0);
  CHECK(histogram.counts().back() > 0);
  std::vector<std::size_t> counts(bins);
  for (const double score : scores) {
    const std::size_t bin = histogram.bin_of(score);
    REQUIRE(bin < bins);
    CHECK(histogram.from(bin) <= score);
    CHECK(score < histogram.from(bin + 1));
    ++counts[bin];
  }
  for (std::size_t i = 0; i < bins; ++i)
    CHECK(counts[i] == histogram.counts()[i]);
  CHECK(histogram.bin_of(20 * scale) == bins);
  CHECK(histogram.bin_of(-20 * scale) == bins);
}

TEST_CASE("a histogram depends neither on order nor on merging",
          "[histogram]") {
  std::vector<double> scores = random_scores(300, 1.0, 0.0);
  scores.insert(scores.end(), {0.0, -0.0, 1e-9, -1e-9, 40.0});
  ScoreHistogram forward, backward, even, odd;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    forward.add(scores[i]);
    backward.add(scores[scores.size() - 1 - i]);
    (i % 2 == 0 ? even : odd).add(scores[i]);
  }
  CHECK(forward == backward);
  even.merge(odd);
  CHECK(forward == even);
  ScoreHistogram none;
  none.merge(forward);
  CHECK(forward == none);
  none.add(0.0);
  CHECK_FALSE(forward == none);
}

TEST_CASE("equal scores have one bin", "[histogram]") {
  const double score = GENERATE(0.0, 1.0, -3.5, 5e-324, 1.7e308);
  ScoreHistogram histogram;
  CHECK(histogram.empty());
  for (int i = 0; i < 7; ++i) histogram.add(score);
  REQUIRE(histogram.counts().size() == 1);
  CHECK(histogram.counts()[0] == 7);
  CHECK(histogram.bin_of(score) == 0);
}

TEST_CASE("what is no finite score is passed by", "[histogram]") {
  ScoreHistogram histogram;
  histogram.add(std::nan(""));
  histogram.add(-std::numeric_limits<double>::infinity());
  CHECK(histogram.empty());
  histogram.add(1.0);
  CHECK(histogram.total() == 1);
  CHECK(histogram.bin_of(std::nan("")) == 1);
}

}  // namespace
}  // namespace quarry
