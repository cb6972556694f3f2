#pragma once

#include <concepts>

#include "quarry/strategy/concept.hpp"
#include "quarry/strategy/uncertainty/scores.hpp"

namespace quarry::detail {

/// Raises `strategy.missing_input` when the prediction lacks probabilities,
/// embeddings or passes that `needs` names, and `strategy.bad_row` when they
/// are not sound or those of a failed sample.
void expect_sound(const Prediction& prediction, const Needs& needs);

/// 1 − u of a sample that comes in a stream: nobody has looked at it before. Of
/// `LeastConfidence` it is p(1) itself: 1 − (1 − p(1)) is another number.
template <ScoresRows Uncertainty>
double certainty(const Uncertainty& uncertainty, const Prediction& prediction) {
  expect_sound(prediction, Uncertainty::needs());
  if constexpr (std::same_as<Uncertainty, LeastConfidence>) {
    return prediction.probabilities.maxCoeff();
  } else {
    return 1.0 - uncertainty.score(prediction);
  }
}

}  // namespace quarry::detail
