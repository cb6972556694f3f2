#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

#include "quarry/strategy/detail/quiet.hpp"
#include "quarry/strategy/diversity/k_means.hpp"

namespace quarry::detail {

/// A score for each candidate, and above which of them it is worth clustering.
struct FilteredRows {
  std::vector<double> scores;
  double threshold = 0.0;
};

/// The candidates that score above the threshold, ascending.
std::vector<std::size_t> kept_of(const FilteredRows& filtered,
                                 const PoolView& pool);

/// The `budget` candidates of largest score, in the total order.
std::vector<RankedPick> best_of(const FilteredRows& filtered,
                                const PoolView& pool, std::size_t budget,
                                const SelectContext& context);

/// Gives each pick the score of its row.
void give_scores(std::vector<RankedPick>& picks, const FilteredRows& filtered,
                 const PoolView& pool);

/// What those functions allocate, scores included and clusters not.
std::size_t filtered_bytes(const PoolView& pool, std::size_t budget);

/// What strategies do that cluster the rows they keep: into as many clusters as
/// there are to be picks, and of each the row nearest to its centroid. Where
/// they keep no more than `budget`, the `budget` candidates of largest score
/// are picked. The score of a pick is that of its row.
///
/// `filter(context)` gives a score for each candidate, or none when it was
/// asked to stop, and allocates `bytes` besides.
template <Clusterer C>
std::vector<RankedPick> pick_by_filtered_clusters(
    std::string_view who, const C& clusterer, const PoolView& pool,
    std::size_t budget, SelectContext& context, kernels::Compared how,
    std::size_t bytes,
    const std::function<FilteredRows(SelectContext&)>& filter) {
  budget = std::min(budget, pool.candidates().size());
  if (budget == 0) return {};
  const std::size_t held = filtered_bytes(pool, budget);
  context.expect_memory(who, bytes + held);
  Ticker ticker(context, budget);
  SelectContext scoring = quiet(context, ticker);
  const FilteredRows filtered = filter(scoring);
  if (filtered.scores.empty()) {
    ticker.finish(0);
    return {};
  }
  const std::vector<std::size_t> kept = kept_of(filtered, pool);
  if (kept.size() <= budget) {
    ticker.finish(budget);
    return best_of(filtered, pool, budget, context);
  }
  SelectContext part = context.holding(who, held);
  std::vector<RankedPick> picks =
      pick_by_clusters(who, clusterer, pool, kept, {}, budget, part, how);
  give_scores(picks, filtered, pool);
  return picks;
}

}  // namespace quarry::detail
