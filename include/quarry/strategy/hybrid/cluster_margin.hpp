#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "quarry/core/matrix.hpp"
#include "quarry/strategy/concept.hpp"
#include "quarry/strategy/detail/expects_policy.hpp"
#include "quarry/strategy/detail/options.hpp"
#include "quarry/strategy/detail/parallel.hpp"
#include "quarry/strategy/detail/ticker.hpp"
#include "quarry/strategy/distance.hpp"
#include "quarry/strategy/kernels/average_linkage.hpp"

namespace quarry {

struct ClusterMarginOptions {
  /// Clusters are merged while the mean distance between them is at most this;
  /// ≥ 0. Infinite: until clusters have `cluster_size` rows on average.
  double distance_threshold = std::numeric_limits<double>::infinity();
  /// Without a threshold: so many rows a cluster on average; ≥ 1.
  std::size_t cluster_size = 10;
  /// How many of the most uncertain rows are picked from, at least the budget;
  /// 0: ten times the budget.
  std::size_t k_m = 0;

  /// Raises `strategy.bad_param`.
  void validate() const;
};

/// Takes uncertain rows from as many clusters as there are. Rows, labelled ones
/// too, are clustered by average linkage of their embeddings; the k_m
/// candidates of least margin p(1) − p(2) are dealt to their clusters; then
/// clusters with fewest of them first, of equal ones the lower number (they are
/// numbered by their first rows), each gives one in turn, drawn among what it
/// has left:
///
///     the row number ⌊u r⌋ of the r that are left, in the order of rows
///
/// The score of a pick is 1 − (p(1) − p(2)). u comes from `context.random`, or,
/// where the pool has the input `uniforms`, is its number in [0, 1), one a
/// pick. Clusters are made once for all rounds where the pool has the input
/// `clusters` `[N]`, whole numbers from 0: they are then those, and no
/// embeddings are looked at.
///
/// Needs embeddings `[N, D]` and probabilities `[N, C]`, f2, f4 or f8; computes
/// in double. O(N² D + N C); memory: 4 N (N − 1) bytes for the distances of N
/// rows, 8 (D + 2) a row and 108 a candidate; where clusters are given 8 a row
/// and 108 a candidate. Raises `strategy.memory`, `strategy.missing_input`, and
/// `strategy.input_shape` and `strategy.bad_row` for `uniforms` and `clusters`.
///
/// G. Citovsky, G. DeSalvo, C. Gentile, L. Karydas, A. Rajagopalan, A.
/// Rostamizadeh & S. Kumar, "Batch Active Learning at Scale", NeurIPS 2021.
template <class Distance = Euclidean>
class ClusterMargin {
  QUARRY_EXPECTS_ROW_DISTANCE("ClusterMargin", Distance);

 public:
  using Options = ClusterMarginOptions;

  /// Raises `strategy.bad_param`.
  explicit ClusterMargin(Options options = {}, Distance distance = {})
      : options_(options), distance_(std::move(distance)) {
    options_.validate();
    detail::validate(distance_);
  }

  static constexpr Needs needs() {
    return {{.name = inputs::embeddings, .instead = inputs::clusters},
            {.name = inputs::probabilities}};
  }
  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const;

 private:
  Options options_;
  Distance distance_;
};

namespace detail {

/// The clusters of rows, or those that the pool gives.
class Clusters {
 public:
  Clusters(const PoolView& pool, const ClusterMarginOptions& options,
           const SelectContext& context);

  /// Whether they have to be made, from `rows()` `[n, D]`.
  bool missing() const { return missing_; }
  const RowMatrix<double>& rows() const { return rows_; }
  /// False when asked to stop.
  bool make(kernels::PairDistances& distances, Ticker& ticker);
  /// The picks, clusters in turn.
  std::vector<RankedPick> deal(std::size_t budget) const;

 private:
  const PoolView& pool_;
  const ClusterMarginOptions& options_;
  const SelectContext& context_;
  bool missing_;
  RowMatrix<double> rows_;
  std::vector<std::int64_t> of_;  // [N], the cluster of a row
};

}  // namespace detail

template <class Distance>
std::vector<RankedPick> ClusterMargin<Distance>::select(
    const PoolView& pool, std::size_t budget, SelectContext& context) const {
  budget = std::min(budget, pool.candidates().size());
  if (budget == 0) return {};
  detail::Clusters clusters(pool, options_, context);
  detail::Ticker ticker(context, budget);
  bool go_on = !ticker.stop(0);
  if (go_on && clusters.missing()) {
    const auto& rows = clusters.rows();
    const auto count = static_cast<std::size_t>(rows.rows());
    const auto width = static_cast<std::size_t>(rows.cols());
    kernels::PairDistances distances(count);
    detail::parallel_blocks(
        count, 16,
        detail::threads_worth(context.threads, count * count / 2 * width),
        [&](std::size_t first, std::size_t last) {
          for (std::size_t i = first; i < last && !ticker.stop(0); ++i) {
            const std::span a(rows.data() + i * width, width);
            for (std::size_t j = 0; j < i; ++j) {
              const std::span b(rows.data() + j * width, width);
              distances.at(i, j) = distance_.distance(distance_.reduced(a, b));
            }
          }
        });
    go_on = !ticker.stop(0) && clusters.make(distances, ticker);
  }
  std::vector<RankedPick> picks;
  if (go_on) picks = clusters.deal(budget);
  ticker.finish(picks.size());
  return picks;
}

}  // namespace quarry
