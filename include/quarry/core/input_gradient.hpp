#pragma once

#include "quarry/core/matrix.hpp"

namespace quarry {

/// The logits of a batch and the gradient of `Σ_c cotangent(r, c) · logit(r,
/// c)` with respect to the network's input, row by row.
struct InputGradient {
  Matrix logits;    ///< `[B, C]`
  Matrix gradient;  ///< `[B, P]`, P the elements of one preprocessed input
};

}  // namespace quarry
