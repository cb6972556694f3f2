#include "quarry/strategy/adversarial/bim.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "quarry/strategy/detail/options.hpp"

#include "strategy/adversarial/walk.hpp"

namespace quarry {
namespace {

using Eigen::Index;

/// Cotangents of −ln p_y, divided by 1 − p_y, which may be lost in rounding:
/// the signs are the same.
Matrix cotangents_of(const detail::Walkers& now) {
  Matrix cotangents = Matrix::Zero(now.logits.rows(), now.logits.cols());
  for (std::size_t i = 0; i < now.labels.size(); ++i) {
    const auto row = static_cast<Index>(i);
    Row others = now.logits.row(row).cast<double>().array();
    others[now.labels[i]] = -std::numeric_limits<double>::infinity();
    others = (others - others.maxCoeff()).exp();
    cotangents.row(row) = (others / others.sum()).matrix().cast<float>();
    cotangents(row, now.labels[i]) = -1.0F;
  }
  return cotangents;
}

void bim(const AttackedModel& model, const Matrix& inputs,
         std::span<const std::size_t> rows, const Attack& attack,
         std::span<float> lengths) {
  const auto size = static_cast<float>(attack.step);
  const auto next = [&](const detail::Walkers& now) -> Matrix {
    return now.model.gradient(now.inputs, cotangents_of(now))
        .gradient.unaryExpr([size](float slope) {
          return slope > 0.0F ? size : slope < 0.0F ? -size : 0.0F;
        });
  };
  detail::walk(model, inputs, rows, attack.max_iterations, 0.0, next, lengths);
}

}  // namespace

void BimOptions::validate() const {
  detail::expect_option(std::isfinite(step) && step > 0.0, "step", step,
                        "finite and above 0");
  detail::expect_at_least_one("max_iterations", max_iterations);
}

Bim::Bim(const BimOptions& options) : options_(options) {
  options_.validate();
}

Attack Bim::attack() const {
  return {.run = bim,
          .max_iterations = options_.max_iterations,
          .step = options_.step};
}

void Bim::score(const PredictionBlock& block, std::span<double> out) const {
  detail::read_lengths(block, input, out);
  for (double& x : out) x = 0.0 - x;
}

}  // namespace quarry
