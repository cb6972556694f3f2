#pragma once

#include <span>

#include "quarry/strategy/concept.hpp"

namespace quarry {

/// How far the members of a committee of regressors are from each other. With
/// y_k what member k of K predicts:
///
///     score = sqrt((1/K) Σ_k (y_k − ȳ)²),  ȳ = (1/K) Σ_k y_k
///
/// Exactly 0 where they agree. Needs `predictions` `[N, K]`, a member a column,
/// f2, f4 or f8; computes in double, from differences. O(N K).
///
/// R. Burbidge, J. Rowland & R. King, "Active Learning for Regression Based on
/// Query by Committee", IDEAL 2007.
struct CommitteeStd : Pointwise<CommitteeStd> {
  static constexpr Needs needs() { return {{.name = inputs::predictions}}; }
  void score(const PredictionBlock& block, std::span<double> out) const;
};

}  // namespace quarry
