#include "strategy/combine/parts.hpp"

#include <algorithm>
#include <utility>

#include "quarry/strategy/detail/ticker.hpp"

namespace quarry::detail {

std::vector<RankedPick> all_or_none(RankedPicks picks) {
  if (!picks.complete) return {};
  return std::move(picks.picks);
}

std::vector<std::size_t> in_random_order(const PoolView& pool,
                                         const RandomStream& random) {
  std::vector<ScoredRow> rows;
  rows.reserve(pool.candidates().size());
  for (const std::size_t row : pool.candidates()) {
    rows.push_back(
        {random.derive(pool.key(row)).uniform(), pool.key(row), row});
  }
  std::sort(rows.begin(), rows.end(), PickOrder());
  std::vector<std::size_t> order;
  order.reserve(rows.size());
  for (const ScoredRow& row : rows) order.push_back(row.index);
  return order;
}

std::vector<RankedPick> pick_in_turns(const AnyStrategy& strategy,
                                      const PoolView& pool,
                                      std::vector<Share> shares,
                                      const RandomStream& random,
                                      SelectContext& context) {
  std::size_t budget = 0;
  for (const Share& share : shares) budget += share.budget;
  Ticker ticker(context, budget);
  std::size_t done = 0;
  std::vector<std::vector<RankedPick>> chosen(shares.size());
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const std::size_t due = shares[i].budget;
    if (due == 0) continue;
    SelectContext mine = context;
    mine.random = random.derive(i);
    mine.progress = [&](const Progress& at) {
      // It may count rows instead of picks.
      const std::size_t part =
          due * at.done / std::max<std::size_t>(at.total, 1);
      return ticker.stop(done + part) ? Flow::stop : Flow::go_on;
    };
    RankedPicks picks = select_from(
        strategy, pool.with_candidates(std::move(shares[i].rows)), due, mine);
    if (!picks.complete) {
      ticker.finish(0);
      return {};
    }
    chosen[i] = std::move(picks.picks);
    done += chosen[i].size();
  }
  std::vector<RankedPick> picks;
  picks.reserve(done);
  for (std::size_t turn = 0; picks.size() < done; ++turn) {
    for (const std::vector<RankedPick>& mine : chosen) {
      if (turn < mine.size()) picks.push_back(mine[turn]);
    }
  }
  ticker.finish(picks.size());
  return picks;
}

}  // namespace quarry::detail
