#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "quarry/strategy/detail/options.hpp"
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

/// Strategies that cluster the rows they keep: into as many clusters as there
/// are to be picks, and of each the row nearest to its centroid. Where they
/// keep no more than the budget, the candidates of largest score are picked.
/// The score of a pick is that of its row.
///
/// `Method` has `name`, `Options`, and
///
///     Method::compared                 how rows are compared with centroids
///     Method::score(options, pool, c)  → FilteredRows, a score for each
///                                      candidate; none when asked to stop
///     Method::bytes(pool, threads)     what that allocates besides
template <class Method, class Clusters>
class FilteredClusters {
 public:
  using Options = typename Method::Options;

  /// Raises `strategy.bad_param`.
  FilteredClusters(Options options, Clusters clusterer)
      : options_(options), clusterer_(std::move(clusterer)) {
    options_.validate();
    validate(clusterer_);
  }

  static constexpr Needs needs() {
    return {{.name = inputs::embeddings},
            {.name = inputs::head_weight, .by_row = false}};
  }
  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const {
    budget = std::min(budget, pool.candidates().size());
    if (budget == 0) return {};
    const std::size_t held = filtered_bytes(pool, budget);
    context.expect_memory(Method::name,
                          Method::bytes(pool, context.threads) + held);
    Ticker ticker(context, budget);
    SelectContext scoring = quiet(context, ticker);
    const FilteredRows filtered = Method::score(options_, pool, scoring);
    if (filtered.scores.empty()) {
      ticker.finish(0);
      return {};
    }
    const std::vector<std::size_t> kept = kept_of(filtered, pool);
    if (kept.size() <= budget) {
      ticker.finish(budget);
      return best_of(filtered, pool, budget, context);
    }
    SelectContext part = context.holding(Method::name, held);
    std::vector<RankedPick> picks =
        pick_by_clusters(Method::name, clusterer_, pool, kept, {}, budget, part,
                         Method::compared);
    give_scores(picks, filtered, pool);
    return picks;
  }

 private:
  Options options_;
  Clusters clusterer_;
};

}  // namespace quarry::detail
