#include "quarry/strategy/combine/epsilon_greedy.hpp"

#include <algorithm>
#include <utility>

#include "quarry/strategy/detail/options.hpp"

#include "strategy/combine/parts.hpp"

namespace quarry {

void EpsilonGreedyOptions::validate() const {
  detail::expect_option(epsilon >= 0.0 && epsilon <= 1.0, "epsilon", epsilon,
                        "from 0 to 1");
}

EpsilonGreedy::EpsilonGreedy(AnyStrategy strategy, Options options)
    : strategy_(std::move(strategy)), options_(options) {
  options_.validate();
}

std::vector<RankedPick> EpsilonGreedy::select(const PoolView& pool,
                                              std::size_t budget,
                                              SelectContext& context) const {
  const std::size_t candidates = pool.candidates().size();
  budget = std::min(budget, candidates);
  if (budget == 0) return {};
  const std::size_t bytes =
      candidates * (sizeof(ScoredRow) + sizeof(std::size_t)) + pool.rows() / 8 +
      1 + budget * 2 * sizeof(RankedPick);
  SelectContext part = context.holding("epsilon_greedy", bytes);
  const std::vector<RankedPick> best =
      detail::all_or_none(select_from(strategy_, pool, budget, part));
  if (best.empty()) return {};
  RandomStream coins = context.random.derive("epsilon_greedy");
  const auto any = detail::in_random_order(pool, coins);
  std::vector<bool> taken(pool.rows());
  std::vector<RankedPick> picks;
  auto next_best = best.begin();
  auto next_any = any.begin();
  while (picks.size() < budget) {
    const bool at_random = coins.uniform() < options_.epsilon;
    while (next_best != best.end() && taken[next_best->index]) {
      ++next_best;
    }
    while (taken[*next_any]) ++next_any;
    if (!at_random && next_best == best.end()) break;  // it picks no more
    picks.push_back(at_random ? RankedPick{*next_any} : *next_best);
    taken[picks.back().index] = true;
  }
  return picks;
}

}  // namespace quarry
