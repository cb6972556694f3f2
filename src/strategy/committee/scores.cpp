#include "quarry/strategy/committee/scores.hpp"

#include <algorithm>
#include <cmath>

#include "quarry/strategy/bayesian/consensus.hpp"
#include "quarry/strategy/divergence.hpp"

#include "strategy/passes.hpp"

namespace quarry {
namespace {

/// KL(p ‖ mean).
double divergence(const RowView& p, const Row& mean) {
  const auto classes = static_cast<std::size_t>(p.size());
  return kl_divergence({p.data(), classes}, {mean.data(), classes});
}

}  // namespace

double VoteEntropy::score(const Prediction& prediction) const {
  const auto members = static_cast<double>(prediction.passes.rows());
  double sum = 0.0;
  // Counts come in order, so that equal ones are added up alike.
  for (const std::size_t count : detail::vote_counts(prediction.passes)) {
    const double share = static_cast<double>(count) / members;
    sum -= share * std::log(share);
  }
  return sum;
}

double MaxDisagreement::score(const Prediction& prediction) const {
  const Row mean = consensus(prediction.passes);
  double greatest = 0.0;
  for (Eigen::Index k = 0; k < prediction.passes.rows(); ++k) {
    greatest = std::max(greatest,
                        divergence(detail::pass(prediction.passes, k), mean));
  }
  return greatest;
}

double KlQbc::score(const Prediction& prediction) const {
  const Row mean = consensus(prediction.passes);
  double sum = 0.0;
  for (Eigen::Index k = 0; k < prediction.passes.rows(); ++k) {
    sum += divergence(detail::pass(prediction.passes, k), mean);
  }
  return std::max(0.0, sum / static_cast<double>(prediction.passes.rows()));
}

}  // namespace quarry
