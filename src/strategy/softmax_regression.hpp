#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "quarry/core/matrix.hpp"
#include "quarry/core/progress.hpp"
#include "quarry/strategy/kernels/row_set.hpp"

namespace quarry::detail {

/// Rows less their mean, divided by the root of the mean variance of their
/// columns: what is learnt from them depends neither on where they lie nor on
/// their unit. Rows that are all equal become zeros.
class StandardRows {
 public:
  /// O(N D).
  explicit StandardRows(const kernels::RowSet& rows);

  std::size_t size() const noexcept { return rows_.size(); }
  std::size_t width() const noexcept { return rows_.width(); }
  void read(std::size_t i, std::span<double> out) const;

 private:
  kernels::RowSet rows_;
  double scale_ = 1.0;
};

/// A row to learn from.
struct Example {
  std::size_t row = 0;    ///< of the rows
  std::size_t label = 0;  ///< its class
  double weight = 1.0;    ///< > 0
};

/// θ: softmax(W x + b).
struct SoftmaxModel {
  SoftmaxModel() = default;
  /// Zeros: all classes are equally likely.
  SoftmaxModel(std::size_t width, std::size_t classes);

  std::size_t classes() const noexcept {
    return static_cast<std::size_t>(theta.cols());
  }
  /// `[C]`. Sums are taken in the order of features.
  void logits(std::span<const double> x, std::span<double> out) const;

  RowMatrix<double> theta;  // [D + 1, C]: the weights of a feature; b is last
};

/// Turns logits into probabilities; ln Σ exp of them.
double softmax(std::span<double> logits);

struct SoftmaxOptions {
  /// λ > 0.
  double lambda = 1.0;
  /// It has converged when no entry of the gradient is larger.
  double tolerance = 1e-8;
  std::size_t max_iterations = 1000;
};

/// The minimum of
///
///     Σ_i w_i (−ln p_{y_i}(x_i)) + λ/2 ‖θ‖²,  p = softmax(W x + b), θ = (W, b)
///
/// which is one, whatever `start`, by L-BFGS. Sums are taken over blocks of
/// examples, in an order that does not depend on the number of threads. Asked
/// to stop, it returns what it has.
///
/// O(E C D) an iteration; memory: `softmax_bytes`.
///
/// D. C. Liu & J. Nocedal, "On the Limited Memory BFGS Method for Large Scale
/// Optimization", Mathematical Programming 1989.
SoftmaxModel fit_softmax(const StandardRows& rows,
                         std::span<const Example> examples, SoftmaxModel start,
                         const SoftmaxOptions& options, std::size_t threads,
                         const std::function<Flow()>& go_on);

/// What it allocates.
std::size_t softmax_bytes(std::size_t width, std::size_t classes);

}  // namespace quarry::detail
