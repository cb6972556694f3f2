#pragma once

#include <cstddef>
#include <vector>

#include "quarry/strategy/concept.hpp"

namespace quarry {

/// A draw that favours what is far from the mean: half of the chance is shared
/// equally, half by squared distance. With n candidates U, embeddings h and
/// their mean μ:
///
///     q_u = 1 / (2 n) + ‖h_u − μ‖² / (2 Σ_v ‖h_v − μ‖²)
///
/// b rows without replacement, each drawn in proportion to q of those that are
/// left; the score of a pick is q. Where all rows are equal q is 1 / n.
/// Labelled rows play no part.
///
/// The draw is the b largest of ln q + g in descending order, with Gumbel
/// numbers g from `context.random` by the key of the row, or the input `gumbel`
/// `[N]`.
///
/// Needs embeddings `[N, D]`, f2, f4 or f8. Cost: O(N D + N log b); memory: 48
/// bytes a pick and 8 a candidate. Raises `strategy.memory`,
/// `strategy.missing_input`, and `strategy.input_shape` and `strategy.bad_row`
/// for `gumbel`.
///
/// O. Bachem, M. Lucic & A. Krause, "Scalable k-Means Clustering via
/// Lightweight Coresets", KDD 2018.
class LightweightCoreset : public SetWise<LightweightCoreset> {
 public:
  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const;
};

}  // namespace quarry
