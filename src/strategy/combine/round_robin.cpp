#include "quarry/strategy/combine/round_robin.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

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
  context.expect_memory("a round robin",
                        strategies_.size() * budget * sizeof(RankedPick) +
                            budget * 3 * sizeof(std::size_t));
  std::vector<RankedPicks> all;
  for (const AnyStrategy& strategy : strategies_) {
    all.push_back(select_from(strategy, pool, budget, context));
    if (!all.back().complete) return {};
  }
  std::vector<std::size_t> next(all.size(), 0);
  std::unordered_set<std::size_t> taken;
  std::vector<RankedPick> picks;
  for (bool any = true; any;) {
    any = false;
    for (std::size_t who = 0; who < all.size() && picks.size() < budget;
         ++who) {
      const RankedPicks& mine = all[who];
      std::size_t& at = next[who];
      while (at < mine.size() && taken.contains(mine[at].index)) ++at;
      if (at == mine.size()) continue;
      picks.push_back(mine[at]);
      taken.insert(mine[at].index);
      any = true;
    }
  }
  return picks;
}

}  // namespace quarry
