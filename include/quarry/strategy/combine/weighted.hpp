#pragma once

#include <span>
#include <vector>

#include "quarry/strategy/any_strategy.hpp"

namespace quarry {

/// A sum of scores: with weights w and the scores s of pointwise strategies,
///
///     score = Σ_i w_i s_i
///
/// Scores are taken as they are: those of different scale need weights that
/// make up for it. −∞ for a row to which one of positive weight gives −∞.
///
/// Needs what all of them need. Their cost; memory: 8 bytes a row of a block.
class Weighted {
 public:
  struct Part {
    double weight = 1.0;  ///< finite, ≥ 0
    AnyStrategy strategy;
  };

  /// Expects at least one part, and pointwise strategies. Raises
  /// `strategy.bad_param` for a weight that is negative or not finite.
  explicit Weighted(std::vector<Part> parts);

  Needs needs() const;
  void score(const PredictionBlock& block, std::span<double> out) const;

 private:
  std::vector<Part> parts_;
};

}  // namespace quarry
