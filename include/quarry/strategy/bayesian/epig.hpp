#pragma once

#include <span>

#include "quarry/strategy/concept.hpp"

namespace quarry {

/// What a row's label would tell about the labels of a target set, samples as
/// they are met in use: the mutual information of the two labels in nats, the
/// mean over the target samples x*. With p_k the probabilities of pass k:
///
///     score = (1/M) Σ_{x*} Σ_{y, y*} q(y, y*) ln(q(y, y*) / (p̄(y) p̄*(y*))),
///     q(y, y*) = (1/K) Σ_k p_k(y) p*_k(y*),  0 ln 0 = 0
///
/// Where `Bald` asks what a label tells about the model, this asks what it
/// tells about predictions that matter: in a pool with odd samples, that is
/// less.
///
/// Needs passes `[K, N, C]` and the input `target_probs_mc` `[K, M, C*]`, where
/// pass k is the same model for all; f2, f4 or f8; computes in double. Never
/// negative, and exactly 0 where the passes of a row agree. O(N M C C* K).
/// Raises `strategy.input_shape` when the two are not of as many passes, or
/// M = 0.
///
/// F. Bickford Smith, A. Kirsch, S. Farquhar, Y. Gal, A. Foster & T. Rainforth,
/// "Prediction-Oriented Bayesian Active Learning", AISTATS 2023.
struct Epig {
  static constexpr Needs needs() {
    return {{.name = inputs::passes},
            {.name = inputs::target_passes, .by_row = false}};
  }
  void score(const PredictionBlock& block, std::span<double> out) const;
};

}  // namespace quarry
