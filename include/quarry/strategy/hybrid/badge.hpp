#pragma once

#include <cstddef>
#include <vector>

#include "quarry/strategy/concept.hpp"

namespace quarry {

/// Batch active learning by diverse gradient embeddings. With probabilities p,
/// the class ŷ that they favour, and embeddings h, the gradient of the loss in
/// the last layer, were ŷ the label, is
///
///     g = (p − onehot ŷ) ⊗ h
///
/// First the candidate of largest ‖g‖, then again and again a draw with
///
///     P(u) ∝ min_{s ∈ S} ‖g_u − g_s‖²,  S the picks so far
///
/// (k-means++). Labelled rows play no part, nor does the origin. Of equally
/// large ‖g‖ the total order decides, and also when all that are left have a
/// twin among the picks. Scores are NaN.
///
/// Gradients are never made: with a = p − onehot ŷ,
///
///     ‖g_i − g_j‖² = ‖a_i‖² ‖h_i‖² + ‖a_j‖² ‖h_j‖² − 2 ⟨a_i, a_j⟩ ⟨h_i, h_j⟩
///
/// in double, O(C + D) a pair; and distances are brought up to date once for
/// many picks (`kernels::sample_squared`), which changes nothing in their law.
/// Where the pool has the input `uniforms` `[≥ b − 1]`, pick t ≥ 2 is the first
/// candidate, by index, at which the running share of the weights reaches
/// uniforms[t − 2].
///
/// Needs probabilities `[N, C]` and embeddings `[N, D]`, f2, f4 or f8. Cost:
/// O(N b (C + D)); memory: 48 bytes a candidate, and some MiB for blocks. A
/// device (`SelectContext::device`) bounds the distances to what was picked
/// since they were up to date; those that may have become less are computed as
/// without, so that draws are the same. That takes some 200 bytes a candidate
/// more, where the limit has room.
/// Raises `strategy.memory`, `strategy.missing_input`, and
/// `strategy.input_shape` and `strategy.bad_row` for `uniforms`.
///
/// J. T. Ash, C. Zhang, A. Krishnamurthy, J. Langford & A. Agarwal, "Deep Batch
/// Active Learning by Diverse, Uncertain Gradient Lower Bounds", ICLR 2020.
class Badge {
 public:
  static constexpr Needs needs() {
    return {{.name = inputs::probabilities}, {.name = inputs::embeddings}};
  }
  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const;
};

}  // namespace quarry
