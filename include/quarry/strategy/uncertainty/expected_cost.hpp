#pragma once

#include <span>

#include "quarry/core/matrix.hpp"
#include "quarry/strategy/concept.hpp"

namespace quarry {

/// What the best decision is expected to cost. With p the probabilities of a
/// row and a(i, j) the cost of predicting class j when i is true:
///
///     score = min_j Σ_i p_i a(i, j)
///
/// With a(i, j) = 1 for i ≠ j and a(i, i) = 0 it is `LeastConfidence`. Costs
/// may be negative; they are finite.
///
/// Needs probabilities `[N, C]`, f2, f4 or f8, and, unless it is made with
/// costs, the input `cost_matrix` `[C, C]`; computes in double. O(N C²). Raises
/// `strategy.input_shape` for costs of other classes, and `strategy.bad_row`
/// for costs that are not finite.
///
/// P.-L. Chen & H.-T. Lin, "Active Learning for Multiclass Cost-Sensitive
/// Classification Using Probabilistic Models", TAAI 2013.
class ExpectedCost {
 public:
  /// The costs come with the pool.
  ExpectedCost() = default;
  /// Raises `strategy.input_shape` when they are no square.
  explicit ExpectedCost(RowMatrix<double> costs);

  Needs needs() const;
  void score(const PredictionBlock& block, std::span<double> out) const;

 private:
  RowMatrix<double> costs_;
};

}  // namespace quarry
