#include "quarry/strategy/hybrid/filtered_clusters.hpp"

#include <algorithm>

#include "quarry/strategy/top_k.hpp"

namespace quarry::detail {

std::vector<std::size_t> kept_of(const FilteredRows& filtered,
                                 const PoolView& pool) {
  const auto candidates = pool.candidates();
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (filtered.scores[i] > filtered.threshold) kept.push_back(candidates[i]);
  }
  return kept;
}

std::vector<RankedPick> best_of(const FilteredRows& filtered,
                                const PoolView& pool, std::size_t budget,
                                const SelectContext& context) {
  const auto candidates = pool.candidates();
  TopK top(budget, PickOrder(context.ties));
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    top.push({filtered.scores[i], pool.key(candidates[i]), candidates[i]});
  }
  return top.sorted();
}

void give_scores(std::vector<RankedPick>& picks, const FilteredRows& filtered,
                 const PoolView& pool) {
  const auto candidates = pool.candidates();
  for (RankedPick& pick : picks) {
    const auto at =
        std::lower_bound(candidates.begin(), candidates.end(), pick.index);
    pick.score =
        filtered.scores[static_cast<std::size_t>(at - candidates.begin())];
  }
}

std::size_t filtered_bytes(const PoolView& pool, std::size_t budget) {
  return pool.candidates().size() * (sizeof(double) + sizeof(std::size_t)) +
         2 * budget * sizeof(ScoredRow);
}

}  // namespace quarry::detail
