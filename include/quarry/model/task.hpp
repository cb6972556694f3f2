#pragma once

namespace quarry {

/// What a model's outputs mean.
enum class Task {
  multiclass,  ///< probabilities = softmax(logits): each row sums to 1
  multilabel,  ///< probabilities = sigmoid(logits): a row sums to anything
  regression,  ///< probabilities = logits
};

}  // namespace quarry
