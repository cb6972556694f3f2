#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "quarry/strategy/detail/expects_policy.hpp"
#include "quarry/strategy/detail/options.hpp"
#include "quarry/strategy/detail/row_scores.hpp"
#include "quarry/strategy/detail/ticker.hpp"
#include "quarry/strategy/kernel_similarity.hpp"
#include "quarry/strategy/uncertainty/scores.hpp"

namespace quarry {

namespace detail {

/// The distance itself, in the place of a similarity.
template <RowDistance Distance>
struct DistanceKernel {
  Distance distance = {};
  double similarity(std::span<const double> a,
                    std::span<const double> b) const {
    return distance.distance(distance.reduced(a, b));
  }
};

/// The greedy part of `RankedBatch`, given the distances and uncertainties of
/// the candidates.
std::vector<RankedPick> pick_ranked(const PoolView& pool, std::size_t budget,
                                    const Similarity& distances,
                                    std::span<const double> uncertainty,
                                    SelectContext& context);
std::size_t ranked_bytes(std::size_t ground, std::size_t candidates);

}  // namespace detail

/// Picks what is far from all that is labelled or picked, and uncertain; the
/// fewer labels there are, the more distance counts. With d the distance to the
/// nearest row of L ∪ S, and u what `Uncertainty` scores:
///
///     next = argmax_x α (1 − 1 / (1 + d(x))) + (1 − α) u(x),  score = that,
///     α = |U| / (|U| + |L ∪ S|), U the candidates that are not picked
///
/// While nothing is labelled the first pick is the candidate of the smallest
/// mean distance to all of them, and its score is NaN. Equal ones are decided
/// by the total order.
///
/// Needs embeddings `[N, D]`, f2, f4 or f8, and what `Uncertainty` needs;
/// computes in double, from differences. O(N (|L| + b) D), and O(N² D) where
/// nothing is labelled; memory: the embeddings in double, 56 bytes a row and 16
/// a candidate. Raises `strategy.memory`, `strategy.missing_input`,
/// `strategy.bad_score`.
///
/// T. N. C. Cardoso, R. M. Silva, S. Canuto, M. M. Moro & M. A. Gonçalves,
/// "Ranked Batch-Mode Active Learning", Information Sciences 2017.
template <class Uncertainty = LeastConfidence, class Distance = Euclidean>
class RankedBatch {
  QUARRY_EXPECTS_ROW_SCORE("RankedBatch", Uncertainty);
  QUARRY_EXPECTS_ROW_DISTANCE("RankedBatch", Distance);

 public:
  explicit RankedBatch(Uncertainty uncertainty = {}, Distance distance = {})
      : uncertainty_(std::move(uncertainty)), kernel_{std::move(distance)} {
    detail::validate(uncertainty_);
    detail::validate(kernel_);
  }

  static constexpr Needs needs() {
    return Needs{{.name = inputs::embeddings}}.merge(Uncertainty::needs());
  }

  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const {
    const std::size_t candidates = pool.candidates().size();
    budget = std::min(budget, candidates);
    if (budget == 0) return {};
    using Distances = KernelSimilarity<detail::DistanceKernel<Distance>>;
    const std::size_t known = candidates + pool.labelled().size();
    context.expect_memory("ranked_batch",
                          Distances::bytes(pool, known, context.threads) +
                              detail::ranked_bytes(known, candidates));
    const std::vector<double> uncertainty =
        detail::scores_of(uncertainty_, pool, pool.candidates());
    const Distances distances(pool, ground_of(pool), kernel_, context.threads);
    return detail::pick_ranked(pool, budget, distances, uncertainty, context);
  }

 private:
  Uncertainty uncertainty_;
  detail::DistanceKernel<Distance> kernel_;
};

}  // namespace quarry
