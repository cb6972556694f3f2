#pragma once

#include "quarry/strategy/concept.hpp"

namespace quarry {

/// Expected gradient length: how far the label is expected to move the last
/// layer of a network, if it were trained by it. With probabilities p,
/// embedding h and e_y the unit vector of class y:
///
///     score = Σ_y p_y ‖(p − e_y) ⊗ h‖ = ‖h‖ Σ_y p_y ‖p − e_y‖
///
/// the gradient being that of the cross-entropy by the weights of a linear
/// layer without bias. Long embeddings score high whatever the doubt. Exactly
/// 0 where one class has probability 1.
///
/// Needs probabilities `[N, C]` and embeddings `[N, D]`, f2, f4 or f8; computes
/// in double. O(N (C + D)).
///
/// B. Settles & M. Craven, "An Analysis of Active Learning Strategies for
/// Sequence Labeling Tasks", EMNLP 2008.
struct Egl : Pointwise<Egl> {
  static constexpr Needs needs() {
    return {{.name = inputs::probabilities}, {.name = inputs::embeddings}};
  }
  double score(const Prediction& prediction) const;
};

}  // namespace quarry
