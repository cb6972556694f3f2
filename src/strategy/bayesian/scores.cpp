#include "quarry/strategy/bayesian/scores.hpp"

#include <algorithm>
#include <cmath>

#include "quarry/strategy/bayesian/consensus.hpp"

#include "strategy/passes.hpp"

namespace quarry {

double VariationRatio::score(const Prediction& prediction) const {
  const auto agree =
      static_cast<double>(detail::vote_counts(prediction.passes).front());
  return 1.0 - agree / static_cast<double>(prediction.passes.rows());
}

double MeanStd::score(const Prediction& prediction) const {
  const RowsView& passes = prediction.passes;
  const Row mean = consensus(passes);
  Row squares = Row::Zero(mean.size());
  for (Eigen::Index k = 0; k < passes.rows(); ++k) {
    squares += (passes.row(k) - mean).square();
  }
  double sum = 0.0;
  for (const double x : squares) {
    sum += std::sqrt(x / static_cast<double>(passes.rows()));
  }
  return sum / static_cast<double>(mean.size());
}

double Bald::score(const Prediction& prediction) const {
  const RowsView& passes = prediction.passes;
  const Row mean = consensus(passes);
  const double whole = detail::entropy(RowView(mean.data(), mean.size()));
  // Differences first: passes that agree leave exactly nothing.
  double sum = 0.0;
  for (Eigen::Index k = 0; k < passes.rows(); ++k) {
    sum += whole - detail::entropy(detail::pass(passes, k));
  }
  return std::max(0.0, sum / static_cast<double>(passes.rows()));
}

}  // namespace quarry
