#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "quarry/model/concept.hpp"

namespace quarry {

struct ToyModelOptions {
  SampleSpec input = {.shape = {32, 32, 3}};  ///< at least one byte a sample
  std::size_t classes = 10;                   ///< C ≥ 1, called "0", "1", …
  std::size_t embedding_dim = 16;             ///< D ≥ 1
  std::uint64_t seed = 0;                     ///< of the weights
  /// Of the head's, W; `seed` when there is none.
  std::optional<std::uint64_t> head_seed = std::nullopt;

  /// Raises `model.option` naming field, value and constraint.
  void validate() const;
};

/// A linear model on raw bytes with random weights, for tests and as a template
/// for your own: it needs no libtorch, and computes each row on its own.
///
///     x = bytes / 127.5 − 1          [P], P the bytes of a sample
///     embedding = x · A              A [P, D], normal, variance 3 / P
///     logits    = embedding · W      W [D, C], normal, variance 4 / D
///     probabilities = softmax(logits)
///
/// Models `HeadModel` and `DifferentiableModel`; replicas share the weights.
/// Cost: O(P · D) a row.
class ToyModel {
 public:
  /// Raises `model.option`.
  explicit ToyModel(const ToyModelOptions& options = {});

  /// Raises `model.input` when the slab is not what `input()` says.
  Predictions infer(const SlabView& slab);
  /// Takes `[B, D]`. Raises `model.input`.
  Predictions head(const Matrix& embeddings);
  /// x. Raises `model.input` as `infer` does.
  Matrix preprocess(const SlabView& slab);
  /// `cotangent · Wᵀ · Aᵀ`. Raises `model.input` for other shapes.
  InputGradient gradient(const Matrix& inputs, const Matrix& cotangent);
  /// The input's shape, D and the seed of A.
  std::string backbone() const;
  const SampleSpec& input() const noexcept { return options_.input; }
  std::vector<std::string> classes() const;
  std::string fingerprint() const;
  ToyModel replicate() const { return *this; }
  std::size_t embedding_dim() const noexcept { return options_.embedding_dim; }

 private:
  Matrix embedded(const Matrix& inputs) const;

  struct Weights {
    Matrix embed;  ///< [P, D]
    Matrix head;   ///< [D, C]
  };

  ToyModelOptions options_;
  std::shared_ptr<const Weights> weights_;
};

}  // namespace quarry
