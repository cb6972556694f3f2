#pragma once

#include <cstddef>
#include <vector>

#include "quarry/strategy/concept.hpp"

namespace quarry {

struct BaitOptions {
  /// How much is known about the model before anything is labelled; finite,
  /// > 0.
  double lambda = 1.0;
  /// So many times the budget is picked, and then pruned to it; ≥ 1.
  std::size_t oversample = 2;

  /// Raises `strategy.bad_param`.
  void validate() const;
};

/// Batch active learning via information matrices: the batch that leaves the
/// least doubt about the predictions of the whole pool, to second order, if the
/// last layer of a network were trained by it. With probabilities p, embedding
/// h, n labelled rows L, budget b and I(x) = (diag(p) − p pᵀ) ⊗ h hᵀ, the
/// Fisher information of a label:
///
///     F = mean of I over candidates and L,
///     M(S) = λ 1 + (Σ_{x ∈ L} I(x) + b Σ_{x ∈ S} I(x)) / (n + b),
///     wanted: the S of b rows of least tr(M(S)⁻¹ F)
///
/// with the weights of the authors' code. Greedy: `oversample` b rows are
/// added, each the one that lowers the trace most, and then all but b taken
/// away, each the one that raises it least. The score of a pick is what it
/// lowered the trace by when it was added; picks are in that order. Asked to
/// stop it picks nothing.
///
/// Needs embeddings `[N, D]` and probabilities `[N, C]`, f2, f4 or f8; computes
/// in double. The inverse is kept by Woodbury updates of rank C, and of each
/// candidate what it contributes: O(N C² D² + C³ D³ + b N C² D + b C³ D²);
/// memory: 48 C² D² + 24 C² D bytes and 8 (D + C + 2 C² + 20) a candidate.
/// Meant for C D of a few thousand at most. Raises `strategy.memory`,
/// `strategy.missing_input`.
///
/// J. Ash, S. Goel, A. Krishnamurthy & S. Kakade, "Gone Fishing: Neural Active
/// Learning with Fisher Embeddings", NeurIPS 2021.
class Bait {
 public:
  using Options = BaitOptions;

  /// Raises `strategy.bad_param`.
  explicit Bait(Options options = {});

  static constexpr Needs needs() {
    return {{.name = inputs::embeddings}, {.name = inputs::probabilities}};
  }
  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const;

 private:
  Options options_;
};

}  // namespace quarry
