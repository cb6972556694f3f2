#pragma once

#include <span>

#include "quarry/strategy/concept.hpp"

namespace quarry {

/// The label that is least certain, of a row that may have several. With p_c
/// the probability that label c applies:
///
///     score = ½ − min_c |p_c − ½|
///
/// from 0, all labels certain, to ½. Needs `label_probabilities` `[N, C]`, each
/// in [0, 1] (sigmoids), f2, f4 or f8; computes in double. O(N C).
///
/// K. Brinker, "On Active Learning in Multi-Label Classification", From Data
/// and Information Analysis to Knowledge Engineering 2006.
struct MultilabelMinConfidence : Pointwise<MultilabelMinConfidence> {
  static constexpr Needs needs() {
    return {{.name = inputs::label_probabilities}};
  }
  void score(const PredictionBlock& block, std::span<double> out) const;
};

/// How certain the labels of a row are on average. With p_c the probability
/// that label c applies:
///
///     score = 1 − (1/C) Σ_c |p_c − (1 − p_c)|
///
/// from 0, all labels certain, to 1. Needs `label_probabilities` `[N, C]`, each
/// in [0, 1] (sigmoids), f2, f4 or f8; computes in double. O(N C).
///
/// A. Esuli & F. Sebastiani, "Active Learning Strategies for Multi-Label Text
/// Classification", ECIR 2009.
struct MultilabelMeanMargin : Pointwise<MultilabelMeanMargin> {
  static constexpr Needs needs() {
    return {{.name = inputs::label_probabilities}};
  }
  void score(const PredictionBlock& block, std::span<double> out) const;
};

}  // namespace quarry
