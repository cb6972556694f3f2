#pragma once

#include "quarry/core/matrix.hpp"
#include "quarry/model/model_card.hpp"

namespace quarry::detail {

/// Probabilities of logits `[B, C]`: softmax, sigmoid, or the logits as they
/// are. Each row is computed on its own, in doubles, in the order of its
/// columns: equal rows give equal bits wherever they stand.
Matrix probabilities_of(const Matrix& logits, Task task);

}  // namespace quarry::detail
