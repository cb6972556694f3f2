#include "quarry/strategy/committee/scores.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "../passes.hpp"
#include "catch.hpp"

using namespace quarry;
using namespace quarry::test;

namespace {

long double vote_entropy(const RowPasses& p) {
  long double sum = 0.0L;
  for (const std::size_t count : votes_of(p)) {
    const long double share =
        static_cast<long double>(count) / static_cast<long double>(p.size());
    if (count > 0) sum -= share * std::log(share);
  }
  return sum;
}

/// KL(p_k ‖ p̄) of each member.
std::vector<long double> divergences(const RowPasses& p) {
  const auto mean = mean_of(p);
  std::vector<long double> all;
  for (const auto& member : p) {
    long double sum = 0.0L;
    for (std::size_t c = 0; c < mean.size(); ++c) {
      if (member[c] > 0.0L) {
        sum += member[c] * (std::log(member[c]) - std::log(mean[c]));
      }
    }
    all.push_back(sum);
  }
  return all;
}

long double max_disagreement(const RowPasses& p) {
  const auto all = divergences(p);
  return *std::max_element(all.begin(), all.end());
}

long double kl_qbc(const RowPasses& p) {
  long double sum = 0.0L;
  for (const long double x : divergences(p)) sum += x;
  return sum / static_cast<long double>(p.size());
}

/// Σ p ln(p / q), where both are positive.
double divergence(const auto& p, const Row& q) {
  double sum = 0.0;
  for (Eigen::Index c = 0; c < q.size(); ++c) {
    if (p(c) > 0.0 && q(c) > 0.0) sum += p(c) * std::log(p(c) / q(c));
  }
  return sum;
}

}  // namespace

static_assert(PointwiseStrategy<KlQbc> && ScoresRows<KlQbc>);
static_assert(!SetStrategy<KlQbc>);
static_assert(KlQbc::needs().has(inputs::passes) && KlQbc::needs().size() == 1);

TEST_CASE("Scores of a committee are their definitions", "[committee]") {
  CHECK(agrees(VoteEntropy(), vote_entropy));
  CHECK(agrees(MaxDisagreement(), max_disagreement));
  CHECK(agrees(KlQbc(), kl_qbc));
}

TEST_CASE("A score of a committee with a slip in it is found out",
          "[committee]") {
  const auto slips = [](double (*formula)(const RowsView&),
                        long double (*oracle)(const RowPasses&)) {
    return !agrees(SlippedScore(formula), oracle);
  };
  CHECK(slips(  // the probabilities for the votes
      [](const RowsView& p) {
        const Row mean = p.colwise().mean();
        return -divergence(mean, Row::Ones(mean.size()));
      },
      vote_entropy));
  CHECK(slips(  // the divergence the other way round
      [](const RowsView& p) {
        const Row mean = p.colwise().mean();
        double most = 0.0;
        for (const auto& member : p.rowwise()) {
          most = std::max(most, divergence(mean, Row(member)));
        }
        return most;
      },
      max_disagreement));
  const auto mean_divergence = [](const RowsView& p) {
    const Row mean = p.colwise().mean();
    double sum = 0.0;
    for (const auto& member : p.rowwise()) sum += divergence(member, mean);
    return sum / static_cast<double>(p.rows());
  };
  CHECK(slips(mean_divergence, max_disagreement));  // the mean for the maximum
  CHECK(slips(                                      // the sum for the mean
      [](const RowsView& p) {
        const Row mean = p.colwise().mean();
        double sum = 0.0;
        for (const auto& member : p.rowwise()) sum += divergence(member, mean);
        return sum;
      },
      kl_qbc));
  // The comparison itself passes what has none.
  CHECK_FALSE(slips(mean_divergence, kl_qbc));
}

TEST_CASE("Equal counts of votes tie exactly, for whichever classes",
          "[committee]") {
  RandomStream random(10);
  for (int i = 0; i < 50; ++i) {
    auto p = random_passes(9, 1, 5, random, 3.0);
    const double before = scores(VoteEntropy(), p)[0];
    for (std::size_t k = 0; k < 9; ++k) {  // class c becomes class c − 1
      const auto first = p.values.begin() + static_cast<std::ptrdiff_t>(k * 5);
      std::rotate(first, first + 1, first + 5);
    }
    CHECK(scores(VoteEntropy(), p)[0] == before);
  }
}

TEST_CASE("A committee that agrees does not differ at all", "[committee]") {
  RandomStream random(11);
  for (const std::size_t members : {1, 2, 3, 7, 49}) {
    for (int i = 0; i < 50; ++i) {
      const std::vector<std::vector<double>> same(
          members, random_probabilities(1, 6, random));
      CHECK(score_of(KlQbc(), same) == 0.0);
      CHECK(score_of(MaxDisagreement(), same) == 0.0);
      CHECK(score_of(VoteEntropy(), same) == 0.0);
      CHECK_FALSE(std::signbit(score_of(VoteEntropy(), same)));
    }
  }
}

TEST_CASE("Scores of saturated members are numbers", "[committee]") {
  const std::vector<std::vector<double>> torn = {
      {1, 0}, {1, 0}, {1, 0}, {0, 1}};
  CHECK(score_of(MaxDisagreement(), torn) ==
        Approx(std::log(4.0)).epsilon(1e-15));
  CHECK(score_of(KlQbc(), torn) ==
        Approx(0.25 * std::log(4.0) + 0.75 * std::log(4.0 / 3.0)));
  CHECK(score_of(VoteEntropy(), torn) == Approx(score_of(KlQbc(), torn)));

  // A mean that is rounded to nothing.
  const double tiny = std::numeric_limits<double>::denorm_min();
  const std::vector<std::vector<double>> lost = {{1, tiny}, {1, 0}, {1, 0}};
  CHECK(score_of(KlQbc(), lost) < 1e-300);
  CHECK(score_of(MaxDisagreement(), lost) < 1e-300);
  CHECK(score_of(KlQbc(), lost) >= 0.0);
}

TEST_CASE("One dissenter outweighs many small doubts", "[committee]") {
  const std::vector<std::vector<double>> dissent = {
      {0.9, 0.1}, {0.9, 0.1}, {0.9, 0.1}, {0.1, 0.9}};
  const std::vector<std::vector<double>> doubts = {
      {0.9, 0.1}, {0.9, 0.1}, {0.1, 0.9}, {0.1, 0.9}};
  CHECK(score_of(MaxDisagreement(), dissent) >
        score_of(MaxDisagreement(), doubts));
  CHECK(score_of(KlQbc(), dissent) < score_of(KlQbc(), doubts));
}
