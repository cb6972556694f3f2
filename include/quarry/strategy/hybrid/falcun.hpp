#pragma once

#include <cstddef>
#include <vector>

#include "quarry/strategy/concept.hpp"

namespace quarry {

struct FalcunOptions {
  /// How much a draw prefers what is uncertain and far; finite, ≥ 0. With 0 all
  /// that is not a pick is drawn alike.
  double gamma = 10.0;

  /// Raises `strategy.bad_param`.
  void validate() const;
};

/// Draws rows that are uncertain and that are predicted unlike those drawn
/// before. With u = 1 − (p(1) − p(2)), d = u at first:
///
///     draw x with probability in proportion to (u_x + d_x)^γ,
///     then d ← min(d, ‖p − p_x‖₁), brought to [0, 1] over the candidates
///       by (d − min d) / (max d − min d), and carried on
///
/// without replacement; the score of a pick is u + d when it was drawn. Where
/// all d are equal they become 0; where u + d is 0 for all that are left these
/// are drawn alike. Labelled rows play no part.
///
/// The numbers of the draws come from `context.random`, or, where the pool has
/// the input `uniforms`, are its numbers in [0, 1), one a pick: with w the
/// weights in the order of rows, the smallest i with (w_0 + … + w_i) / Σ w ≥ u.
///
/// Needs probabilities `[N, C]`, f2, f4 or f8; computes in double. O(N b C);
/// memory: 8 (C + 4) bytes a candidate. Raises `strategy.memory`,
/// `strategy.missing_input`, and `strategy.input_shape` and `strategy.bad_row`
/// for `uniforms`.
///
/// S. Gilhuber, A. Beer, Y. Ma & T. Seidl, "FALCUN: A Simple and Efficient Deep
/// Active Learning Strategy", ECML PKDD 2024.
class Falcun {
 public:
  using Options = FalcunOptions;

  /// Raises `strategy.bad_param`.
  explicit Falcun(Options options = {});

  static constexpr Needs needs() { return {{.name = inputs::probabilities}}; }
  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const;

 private:
  Options options_;
};

}  // namespace quarry
