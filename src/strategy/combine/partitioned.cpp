#include "quarry/strategy/combine/partitioned.hpp"

#include <algorithm>
#include <utility>

#include "strategy/combine/parts.hpp"

namespace quarry {

Partitioned::Partitioned(AnyStrategy strategy, std::size_t parts)
    : strategy_(std::move(strategy)), parts_(parts) {
  QUARRY_EXPECTS(parts_ >= 1, "Partitioned: at least one part");
}

std::vector<RankedPick> Partitioned::select(const PoolView& pool,
                                            std::size_t budget,
                                            SelectContext& context) const {
  const std::size_t candidates = pool.candidates().size();
  budget = std::min(budget, candidates);
  if (budget == 0) return {};
  const std::size_t bytes =
      candidates * (sizeof(ScoredRow) + sizeof(std::size_t)) +
      budget * 2 * sizeof(RankedPick);
  SelectContext part = context.holding("a partitioned pool", bytes);
  const RandomStream random = context.random.derive("partitioned");
  const std::size_t parts = std::min(parts_, candidates);
  std::vector<detail::Share> shares(parts);
  std::size_t next = 0;
  for (const std::size_t row : detail::in_random_order(pool, random)) {
    shares[next++ % parts].rows.push_back(row);
  }
  for (std::size_t p = 0; p < parts; ++p) {
    std::sort(shares[p].rows.begin(), shares[p].rows.end());
    shares[p].budget = budget / parts + (p < budget % parts ? 1 : 0);
  }
  return detail::pick_in_turns(strategy_, pool, std::move(shares),
                               random.derive("part"), part);
}

}  // namespace quarry
