#pragma once

#include <cstddef>
#include <vector>

#include "quarry/strategy/concept.hpp"

namespace quarry {

/// How `BatchBald` takes the joint distribution of a batch's labels.
struct BatchBaldOptions {
  /// The joint of the picks S is exact while it has at most so many
  /// configurations of labels, C^|S| ≤ max_configurations; ≥ 1.
  std::size_t max_configurations = 10'000;
  /// From then on so many configurations are drawn from it; ≥ 1.
  std::size_t samples = 10'000;
  /// Raise `strategy.bad_param` instead of drawing any.
  bool exact = false;

  /// Raises `strategy.bad_param`.
  void validate() const;
};

/// The batch whose labels tell most about the model, together: the best by
/// `Bald` are often alike, and the second then tells little that the first did
/// not. Greedy; with p_k the probabilities of pass k, S the picks so far and H
/// the entropy in nats:
///
///     next = argmax_x  H[y_x | y_S] − (1/K) Σ_k H[p_k(y_x)],
///     score = that, what x adds to the mutual information of labels and model
///
/// H[y_x | y_S] = Σ_s q(s) H[Σ_k w_k(s) p_k(y_x)], over configurations s of the
/// labels of S, where q(s) = (1/K) Σ_k Π_i p_k(s_i) and w_k(s) is how likely
/// pass k is after s. With more than `max_configurations` of them it is the
/// mean over `samples` that are drawn from q: the importance-weighted estimator
/// of the paper, with q for the proposal, in a form in which nothing
/// underflows. `context.random` draws, in the order of picks; the first pick is
/// that of `Bald`.
///
/// What x adds falls as S grows, so that an earlier value bounds a later one
/// from above, and only those of highest bound are computed anew: the picks are
/// those of the plain greedy method; with drawn configurations up to the noise
/// of drawing, which may lift a value above its bound. A score lies between 0
/// and that of `Bald`.
///
/// Needs passes `[K, N, C]`, where pass k is one model for all rows (a dropout
/// mask that is kept for the whole pool, or a member of an ensemble); f2, f4 or
/// f8; computes in double. With m = min(C^|S|, max_configurations or samples):
/// O(N K C + b e m K C) for e values computed a pick, few as a rule; memory:
/// 48 bytes a candidate, 16 (m + 1) (K + 1), and 2048 (C + 1) for each thread.
/// Raises `strategy.memory`, `strategy.missing_input`.
///
/// A. Kirsch, J. van Amersfoort & Y. Gal, "BatchBALD: Efficient and Diverse
/// Batch Acquisition for Deep Bayesian Active Learning", NeurIPS 2019.
class BatchBald {
 public:
  using Options = BatchBaldOptions;

  /// Raises `strategy.bad_param`.
  explicit BatchBald(Options options = {});

  static constexpr Needs needs() { return {{.name = inputs::passes}}; }
  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const;

 private:
  Options options_;
};

}  // namespace quarry
