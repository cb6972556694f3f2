#include "quarry/strategy/combine/subpool.hpp"

#include <algorithm>
#include <utility>

#include "strategy/combine/parts.hpp"

namespace quarry {

Subpool::Subpool(AnyStrategy strategy, std::size_t rows)
    : strategy_(std::move(strategy)), rows_(rows) {
  QUARRY_EXPECTS(rows_ >= 1, "Subpool: at least one row");
}

std::vector<RankedPick> Subpool::select(const PoolView& pool,
                                        std::size_t budget,
                                        SelectContext& context) const {
  const std::size_t candidates = pool.candidates().size();
  budget = std::min(budget, candidates);
  if (budget == 0) return {};
  const std::size_t bytes =
      candidates * (sizeof(ScoredRow) + sizeof(std::size_t));
  SelectContext part = context.holding("a subpool", bytes);
  auto rows = detail::in_random_order(pool, context.random.derive("subpool"));
  rows.resize(std::min(candidates, std::max(rows_, budget)));
  std::sort(rows.begin(), rows.end());
  return detail::all_or_none(select_from(
      strategy_, pool.with_candidates(std::move(rows)), budget, part));
}

}  // namespace quarry
