#include "quarry/strategy/adversarial/deep_fool.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "quarry/strategy/detail/options.hpp"

#include "strategy/adversarial/walk.hpp"

namespace quarry {
namespace {

using Eigen::Index;

// From there on the way is known to as many digits, and rounding decides what
// is left of it.
constexpr double settled = 1e-4;

/// To the nearest boundary, were the logits linear.
Matrix next_step(const detail::Walkers& now) {
  Matrix steps = Matrix::Zero(now.inputs.rows(), now.inputs.cols());
  std::vector<double> nearest(now.labels.size(),
                              std::numeric_limits<double>::infinity());
  // The j-th other class of each row at once.
  for (Index j = 0; j + 1 < now.logits.cols(); ++j) {
    const auto other = [&](Index label) {
      return j < label ? j : j + 1;
    };
    Matrix cotangent = Matrix::Zero(now.logits.rows(), now.logits.cols());
    for (std::size_t i = 0; i < now.labels.size(); ++i) {
      const Index label = now.labels[i];
      cotangent(static_cast<Index>(i), other(label)) = 1.0F;
      cotangent(static_cast<Index>(i), label) = -1.0F;
    }
    const Matrix slopes = now.model.gradient(now.inputs, cotangent).gradient;
    for (std::size_t i = 0; i < now.labels.size(); ++i) {
      const auto row = static_cast<Index>(i);
      const Index label = now.labels[i];
      const auto slope = slopes.row(row).cast<double>();
      const double squares = slope.squaredNorm();
      const double gap =
          std::abs(static_cast<double>(now.logits(row, other(label))) -
                   static_cast<double>(now.logits(row, label)));
      const double distance = gap / std::sqrt(squares);
      // A slope of 0 leads nowhere, and one that is not finite is none.
      if (!(squares > 0.0) || !(distance < nearest[i])) continue;
      if (!std::isfinite(squares)) continue;
      nearest[i] = distance;
      steps.row(row) = (gap / squares * slope).cast<float>();
    }
  }
  return steps;
}

void deep_fool(const AttackedModel& model, const Matrix& inputs,
               std::span<const std::size_t> rows, const Attack& attack,
               std::span<float> lengths) {
  detail::walk(model, inputs, rows, attack.max_iterations, settled, next_step,
               lengths);
}

}  // namespace

void DeepFoolOptions::validate() const {
  detail::expect_at_least_one("max_iterations", max_iterations);
}

DeepFool::DeepFool(const DeepFoolOptions& options) : options_(options) {
  options_.validate();
}

Attack DeepFool::attack() const {
  return {.run = deep_fool, .max_iterations = options_.max_iterations};
}

void DeepFool::score(const PredictionBlock& block,
                     std::span<double> out) const {
  detail::read_lengths(block, input, out);
  for (double& x : out) x = 0.0 - x * x;
}

}  // namespace quarry
