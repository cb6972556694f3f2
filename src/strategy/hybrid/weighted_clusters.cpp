#include "quarry/strategy/hybrid/weighted_clusters.hpp"

#include <algorithm>
#include <functional>

#include "quarry/strategy/detail/options.hpp"
#include "quarry/strategy/detail/quiet.hpp"

namespace quarry {

void DbalOptions::validate() const {
  detail::expect_at_least_one("beta", beta);
}

namespace detail {

std::vector<RankedPick> pick_by_weighted_clusters(
    std::string_view who, const AnyStrategy& uncertainty, std::size_t most,
    const PoolView& pool, std::size_t budget, SelectContext& context,
    const std::function<std::vector<RankedPick>(
        std::span<const std::size_t> rows, std::span<const double> weights,
        SelectContext& part)>& pick) {
  if (budget == 0 || pool.candidates().empty()) return {};
  // All of them in order, twice while threads are put together.
  const std::size_t bytes =
      pool.candidates().size() * (4 * sizeof(ScoredRow) + sizeof(RankedPick));
  SelectContext part = context.holding(who, bytes);
  Ticker ticker(context, std::min(budget, most));
  SelectContext scoring = quiet(part, ticker);
  RankedPicks best = select_from(uncertainty, pool, most, scoring);
  if (!best.complete) {
    ticker.finish(0);
    return {};
  }
  std::sort(best.picks.begin(), best.picks.end(),
            [](const RankedPick& a, const RankedPick& b) {
              return a.index < b.index;
            });
  std::vector<std::size_t> rows;
  std::vector<double> weights;
  for (const RankedPick& row : best) {
    rows.push_back(row.index);
    weights.push_back(std::max(0.0, row.score));
  }
  std::vector<RankedPick> picks = pick(rows, weights, part);
  for (RankedPick& one : picks) {
    const auto at = std::lower_bound(rows.begin(), rows.end(), one.index);
    one.score = best[static_cast<std::size_t>(at - rows.begin())].score;
  }
  return picks;
}

}  // namespace detail

}  // namespace quarry
