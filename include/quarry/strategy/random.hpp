#pragma once

#include "quarry/core/random.hpp"
#include "quarry/strategy/concept.hpp"

namespace quarry {

/// Picks at random: the baseline every other strategy has to beat, and the
/// template for a pointwise strategy of your own.
///
///     score = u(key),  uniform in [0, 1)
///
/// The key is the seeded hash of the sample's id, so the picks are a seeded
/// permutation that depends neither on the order of the pool nor on what it is
/// divided into. Needs nothing, not even a model. O(1) a row.
struct RandomStrategy : Pointwise<RandomStrategy> {
  /// Without this line a pointwise strategy needs probabilities.
  static constexpr Needs needs() { return {}; }

  /// Higher is queried first. Hashed once more, so that the order among equal
  /// scores of another strategy says nothing about these.
  double score(const Prediction& prediction) const {
    return RandomStream(prediction.key).uniform();
  }
};

}  // namespace quarry
