#include "quarry/strategy/combine/round_robin.hpp"

#include <algorithm>
#include <utility>

#include "quarry/strategy/detail/quiet.hpp"

#include "strategy/combine/parts.hpp"

namespace quarry {

RoundRobin::RoundRobin(std::vector<AnyStrategy> strategies)
    : strategies_(std::move(strategies)) {
  QUARRY_EXPECTS(!strategies_.empty(), "RoundRobin: at least one strategy");
}

Needs RoundRobin::needs() const {
  Needs needs;
  for (const AnyStrategy& strategy : strategies_) {
    needs.merge(strategy.needs());
  }
  return needs;
}

std::vector<RankedPick> RoundRobin::select(const PoolView& pool,
                                           std::size_t budget,
                                           SelectContext& context) const {
  budget = std::min(budget, pool.candidates().size());
  if (budget == 0) return {};
  const std::size_t bytes =
      (strategies_.size() + 1) * budget * sizeof(RankedPick) + pool.rows() / 8 +
      1;
  SelectContext part = context.holding("a round robin", bytes);
  std::vector<RankedPicks> all;
  detail::Ticker ticker(context, budget);
  SelectContext choosing = detail::quiet(part, ticker);
  for (const AnyStrategy& strategy : strategies_) {
    all.push_back(select_from(strategy, pool, budget, choosing));
    if (!all.back().complete) {
      ticker.finish(0);
      return {};
    }
  }
  std::vector<std::size_t> next(all.size(), 0);
  std::vector<bool> taken(pool.rows());
  std::vector<RankedPick> picks;
  for (bool any = true; any;) {
    any = false;
    for (std::size_t who = 0; who < all.size() && picks.size() < budget;
         ++who) {
      const RankedPicks& mine = all[who];
      std::size_t& at = next[who];
      while (at < mine.size() && taken[mine[at].index]) ++at;
      if (at == mine.size()) continue;
      picks.push_back(mine[at]);
      taken[mine[at].index] = true;
      any = true;
    }
  }
  ticker.finish(picks.size());
  return picks;
}

}  // namespace quarry
