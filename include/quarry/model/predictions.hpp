#pragma once

#include <cstddef>
#include <span>

#include "quarry/core/input_gradient.hpp"
#include "quarry/core/matrix.hpp"
#include "quarry/decode/concept.hpp"

namespace quarry {

/// A batch of decoded samples, `[rows, …spec.shape]`, contiguous. It owns
/// nothing.
struct SlabView {
  std::span<const std::byte> bytes = {};
  std::size_t rows = 0;
  SampleSpec spec = {};
};

/// What a model says of a batch of B samples; row r belongs to row r of the
/// slab.
struct Predictions {
  /// `[B, C]`, before softmax (or sigmoid).
  Matrix logits;
  /// `[B, C]`: softmax of the logits (multiclass), sigmoid (multilabel), or the
  /// logits themselves (regression).
  Matrix probabilities;
  /// `[B, D]` penultimate features; `[B, 0]` when the model gives none.
  Matrix embeddings;
};

/// K stochastic passes over a batch: pass k is one model for every row.
struct StochasticPredictions {
  std::size_t passes = 0;
  /// `[K · B, C]`: row `k · B + r` is row r of pass k.
  Matrix probabilities;
};

/// Where an asynchronous model writes: rows preallocated by the caller, alive
/// until `done` has been called. `embeddings` has 0 columns when not wanted.
struct PredictionSink {
  MatrixRef logits;         ///< `[B, C]`
  MatrixRef probabilities;  ///< `[B, C]`
  MatrixRef embeddings;     ///< `[B, D]`
};

}  // namespace quarry
