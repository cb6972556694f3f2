#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "quarry/core/progress.hpp"

#include "strategy/standard_rows.hpp"

namespace quarry::detail {

/// A row to learn from.
struct Example {
  std::size_t row = 0;    ///< of the rows
  std::size_t label = 0;  ///< its class
};

/// θ: softmax(W x + b).
struct SoftmaxModel {
  SoftmaxModel() = default;
  /// Zeros: all classes are equally likely.
  SoftmaxModel(std::size_t width, std::size_t count)
      : classes(count), theta((width + 1) * count) {}

  /// `[C]`. Sums are taken in the order of features.
  void logits(std::span<const double> x, std::span<double> out) const;

  std::size_t classes = 0;
  std::vector<double> theta;  // [D + 1, C]: the weights of a feature; b is last
};

/// Turns logits into probabilities; ln Σ exp of them.
double softmax(std::span<double> logits);

/// The one minimum, whatever `start`, for λ > 0, of
///
///     Σ_i −ln p_{y_i}(x_i) + λ/2 ‖θ‖²,  p = softmax(W x + b), θ = (W, b)
///
/// by L-BFGS. Asked to stop, it returns what it has.
///
/// O(E C D) an iteration, E the examples; memory: `softmax_bytes`.
SoftmaxModel fit_softmax(const StandardRows& rows,
                         std::span<const Example> examples, SoftmaxModel start,
                         double lambda, const std::function<Flow()>& go_on);

/// What it allocates.
std::size_t softmax_bytes(std::size_t width, std::size_t classes);

}  // namespace quarry::detail
