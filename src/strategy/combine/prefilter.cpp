#include "quarry/strategy/combine/prefilter.hpp"

#include <algorithm>
#include <utility>

#include "quarry/strategy/detail/quiet.hpp"

#include "strategy/combine/parts.hpp"

namespace quarry {

Prefilter::Prefilter(AnyStrategy first, AnyStrategy then, std::size_t times)
    : first_(std::move(first)), then_(std::move(then)), times_(times) {
  QUARRY_EXPECTS(times_ >= 1, "Prefilter: times ≥ 1");
}

Needs Prefilter::needs() const {
  return first_.needs().merge(then_.needs());
}

std::vector<RankedPick> Prefilter::select(const PoolView& pool,
                                          std::size_t budget,
                                          SelectContext& context) const {
  const std::size_t candidates = pool.candidates().size();
  budget = std::min(budget, candidates);
  if (budget == 0) return {};
  const std::size_t most =
      times_ > candidates / budget ? candidates : times_ * budget;
  const std::size_t bytes = most * (sizeof(RankedPick) + sizeof(std::size_t));
  SelectContext part = context.holding("a prefilter", bytes);
  detail::Ticker ticker(context, budget);
  SelectContext filtering = detail::quiet(part, ticker);
  const RankedPicks kept = select_from(first_, pool, most, filtering);
  if (!kept.complete) {
    ticker.finish(0);
    return {};
  }
  part.random = filtering.random;  // it draws on, and not the same again
  std::vector<std::size_t> rows;
  rows.reserve(kept.size());
  for (const RankedPick& pick : kept) rows.push_back(pick.index);
  std::sort(rows.begin(), rows.end());
  return detail::all_or_none(
      select_from(then_, pool.with_candidates(std::move(rows)), budget, part));
}

}  // namespace quarry
