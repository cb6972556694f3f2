#include "quarry/strategy/bayesian/scores.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "quarry/strategy/committee/scores.hpp"

#include "../passes.hpp"
#include "catch.hpp"
#include "error_id.hpp"

using namespace quarry;
using namespace quarry::test;

namespace {

long double variation_ratio(const RowPasses& p) {
  const auto votes = votes_of(p);
  return 1.0L - static_cast<long double>(
                    *std::max_element(votes.begin(), votes.end())) /
                    static_cast<long double>(p.size());
}

long double mean_std(const RowPasses& p) {
  const auto mean = mean_of(p);
  long double sum = 0.0L;
  for (std::size_t c = 0; c < mean.size(); ++c) {
    long double variance = 0.0L;
    for (const auto& pass : p) {
      variance += (pass[c] - mean[c]) * (pass[c] - mean[c]);
    }
    sum += std::sqrt(variance / static_cast<long double>(p.size()));
  }
  return sum / static_cast<long double>(mean.size());
}

long double bald(const RowPasses& p) {
  long double mean = 0.0L;
  for (const auto& pass : p) mean += entropy(pass);
  return entropy(mean_of(p)) - mean / static_cast<long double>(p.size());
}

double nats(const auto& p) {
  double sum = 0.0;
  for (const double x : p) sum -= x > 0.0 ? x * std::log(x) : 0.0;
  return sum;
}

double nats_of_mean(const RowsView& p) {
  const Row mean = p.colwise().mean();
  return nats(mean);
}

double mean_of_nats(const RowsView& p) {
  double sum = 0.0;
  for (const auto& pass : p.rowwise()) sum += nats(pass);
  return sum / static_cast<double>(p.rows());
}

}  // namespace

static_assert(PointwiseStrategy<Bald> && ScoresRows<Bald>);
static_assert(!SetStrategy<Bald>);
static_assert(Bald::needs().has(inputs::passes) && Bald::needs().size() == 1);

TEST_CASE("Bayesian scores are their definitions", "[bayesian]") {
  CHECK(agrees(VariationRatio(), variation_ratio));
  CHECK(agrees(MeanStd(), mean_std));
  CHECK(agrees(Bald(), bald));
}

TEST_CASE("A Bayesian score with a slip in it is found out", "[bayesian]") {
  const auto slips = [](double (*formula)(const RowsView&),
                        long double (*oracle)(const RowPasses&)) {
    return !agrees(SlippedScore(formula), oracle);
  };
  // What other libraries call by that name.
  CHECK(slips(
      [](const RowsView& p) { return 1.0 - p.colwise().mean().maxCoeff(); },
      variation_ratio));
  CHECK(slips(  // K − 1 for K
      [](const RowsView& p) {
        const Row mean = p.colwise().mean();
        const auto n =
            static_cast<double>(std::max<Eigen::Index>(1, p.rows() - 1));
        return ((p.rowwise() - mean).square().colwise().sum() / n)
            .sqrt()
            .mean();
      },
      mean_std));
  CHECK(slips(  // the root of the mean for the mean of the roots
      [](const RowsView& p) {
        const Row mean = p.colwise().mean();
        return std::sqrt((p.rowwise() - mean).square().mean());
      },
      mean_std));
  CHECK(slips(nats_of_mean, bald));  // a term dropped
  CHECK(slips(                       // the sign
      [](const RowsView& p) { return nats_of_mean(p) + mean_of_nats(p); },
      bald));
  // The comparison itself passes what has none.
  CHECK_FALSE(
      slips([](const RowsView& p) { return nats_of_mean(p) - mean_of_nats(p); },
            bald));
}

TEST_CASE("BALD is the mean divergence from the consensus", "[bayesian]") {
  RandomStream random(8);
  for (const double sharpness : {0.1, 1.0, 8.0, 40.0}) {
    const auto p = random_passes(6, 500, 4, random, sharpness);
    const auto bald = scores(Bald(), p);
    const auto divergence = scores(KlQbc(), p);
    for (std::size_t i = 0; i < bald.size(); ++i) {
      CHECK(bald[i] == Approx(divergence[i]).epsilon(1e-12).margin(1e-14));
    }
  }
}

TEST_CASE("Passes that agree leave exactly nothing to learn", "[bayesian]") {
  RandomStream random(9);
  for (const std::size_t passes : {1, 2, 3, 7, 49}) {
    for (const double sharpness : {0.0, 1.0, 8.0}) {
      for (int i = 0; i < 30; ++i) {
        const std::vector<std::vector<double>> same(
            passes, random_probabilities(1, 6, random, sharpness));
        CHECK(score_of(Bald(), same) == 0.0);
        CHECK(score_of(MeanStd(), same) == 0.0);
        CHECK(score_of(VariationRatio(), same) == 0.0);
      }
    }
  }
}

TEST_CASE("Scores of saturated passes are numbers", "[bayesian]") {
  const std::vector<std::vector<double>> sure = {{0, 1, 0}, {0, 1, 0}};
  const std::vector<std::vector<double>> torn = {
      {1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
  CHECK(score_of(Bald(), sure) == 0.0);
  CHECK_FALSE(std::signbit(score_of(Bald(), sure)));
  CHECK(score_of(Bald(), torn) == Approx(std::log(3.0)).epsilon(1e-15));
  CHECK(score_of(VariationRatio(), torn) == Approx(2.0 / 3.0));
  CHECK(score_of(MeanStd(), torn) == Approx(std::sqrt(2.0) / 3.0));
  CHECK(score_of(Bald(), {{1.0}, {1.0}}) == 0.0);

  const double tiny = std::numeric_limits<double>::denorm_min();
  const double score = score_of(Bald(), {{1, tiny}, {1, 0}, {1, 0}});
  CHECK(score >= 0.0);
  CHECK(score < 1e-300);
}

TEST_CASE("A pass that wavers votes for the first of its likeliest classes",
          "[bayesian]") {
  CHECK(score_of(VariationRatio(), {{0.5, 0.5}, {1.0, 0.0}}) == 0.0);
  CHECK(score_of(VariationRatio(), {{0.5, 0.5}, {0.0, 1.0}}) == 0.5);
}

TEST_CASE("A vote without passes is a programmer's error", "[bayesian]") {
  CHECK(error_id([] { VariationRatio().score(Prediction{}); }) ==
        "contract.violated");
}
