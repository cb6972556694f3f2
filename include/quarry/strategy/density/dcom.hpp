#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "quarry/strategy/density/prob_cover.hpp"
#include "quarry/strategy/detail/expects_policy.hpp"
#include "quarry/strategy/detail/options.hpp"
#include "quarry/strategy/detail/row_scores.hpp"
#include "quarry/strategy/kernel_similarity.hpp"
#include "quarry/strategy/uncertainty/scores.hpp"

namespace quarry {

/// How `DCoM` picks.
struct DCoMOptions {
  /// The radius of every labelled row, of rows of length 1, where the pool has
  /// no input `labelled_deltas`, and that of balls where nothing is labelled;
  /// finite, > 0.
  double max_delta = 0.75;
  /// k: how sharply competence rises with coverage; finite, ≥ 0.
  double k_logistic = 50.0;
  /// a: the coverage at which it is half its height; finite.
  double a_logistic = 0.8;
  /// Raises `strategy.bad_param`.
  void validate() const;
};

namespace detail {

/// The radii of the labelled rows, in their order, and their mean.
struct LabelledRadii {
  LabelledRadii(const PoolView& pool, const DCoMOptions& options);
  std::vector<double> own;
  double mean = 0.0;
};

std::vector<RankedPick> pick_dcom(const PoolView& pool, std::size_t budget,
                                  const Similarity& squared_distances,
                                  const LabelledRadii& radii,
                                  std::vector<double> uncertainty,
                                  const DCoMOptions& options,
                                  SelectContext& context);
std::size_t dcom_bytes(std::size_t ground, std::size_t labelled);

/// ‖a − b‖² of rows of length 1, in the place of a similarity.
struct UnitSquaredDistance {
  static constexpr bool unit_rows = true;
  double similarity(double ab, double aa, double bb) const {
    return std::max(0.0, (aa + bb) - 2.0 * ab);
  }
};

}  // namespace detail

/// Covers the pool by balls while labels are few, and asks what is uncertain
/// once most is covered. Labelled row l has a radius δ_l, and δ is their mean;
/// a row is covered when it is nearer than min(δ_l, δ) to a labelled row l, or
/// nearer than δ to a pick. With V the candidates and labelled rows, of length
/// 1, and c the share of V that labelled rows cover:
///
///     competence κ = (1 + exp(−k (1 − a))) / (1 + exp(−k (c − a))), rounded to
///         three decimals
///     next = argmax_x κ û(x) + (1 − κ) ĝ(x),  score = that
///     g(x) = |{y ∈ V : ‖x − y‖ < δ, y not covered}|
///
/// where u is what `Uncertainty` scores, finite, brought to [0, 1] over V, and
/// 0 for labelled and picked rows; û and ĝ are u and g brought to [0, 1] over V
/// before each pick, (x − min) / (max − min), 0 where all are equal.
///
/// The radii are the input `labelled_deltas` `[|L|]`, those of the labelled
/// rows in ascending order, or `max_delta` each.
///
/// Needs embeddings `[N, D]`, f2, f4 or f8, and what `Uncertainty` needs;
/// computes in double. O(N² D); memory: the embeddings in double, 80 bytes a
/// row and 8 a label, never N × N. Raises `strategy.memory`,
/// `strategy.missing_input`, `strategy.bad_param`, `strategy.bad_score`, and
/// `strategy.input_shape` and `strategy.bad_row` for `labelled_deltas`.
///
/// I. Mishal & D. Weinshall, "DCoM: Active Learning for All Learners", arXiv
/// 2024.
template <class Uncertainty = Margin>
class DCoM {
  QUARRY_EXPECTS_ROW_SCORE("DCoM", Uncertainty);

 public:
  using Options = DCoMOptions;

  explicit DCoM(Options options = {}, Uncertainty uncertainty = {})
      : options_(options), uncertainty_(std::move(uncertainty)) {
    options_.validate();
    detail::validate(uncertainty_);
  }

  static constexpr Needs needs() {
    return Needs{{.name = inputs::embeddings}}.merge(Uncertainty::needs());
  }

  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const {
    budget = std::min(budget, pool.candidates().size());
    if (budget == 0) return {};
    using Distances = KernelSimilarity<detail::UnitSquaredDistance>;
    const std::size_t known = pool.candidates().size() + pool.labelled().size();
    context.expect_memory(
        "dcom", Distances::bytes(pool, known, context.threads) +
                    detail::dcom_bytes(known, pool.labelled().size()));
    const detail::LabelledRadii radii(pool, options_);
    const Distances distances(pool, ground_of(pool), {}, context.threads);
    return detail::pick_dcom(
        pool, budget, distances, radii,
        detail::scores_of(uncertainty_, pool, distances.ground(),
                          std::numeric_limits<double>::lowest()),
        options_, context);
  }

 private:
  Options options_;
  Uncertainty uncertainty_;
};

}  // namespace quarry
