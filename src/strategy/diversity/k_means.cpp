#include "quarry/strategy/diversity/k_means.hpp"

#include <algorithm>
#include <cmath>

#include "quarry/strategy/detail/ticker.hpp"
#include "quarry/strategy/kernels/nearest.hpp"

namespace quarry::detail {
namespace {

/// All rows, in the order of ties.
std::vector<RankedPick> all_of(const PoolView& pool,
                               std::span<const std::size_t> rows,
                               const SelectContext& context) {
  std::vector<ScoredRow> order;
  for (const std::size_t row : rows) order.push_back({0.0, pool.key(row), row});
  std::sort(order.begin(), order.end(), PickOrder(context.ties));
  std::vector<RankedPick> picks;
  for (const ScoredRow& row : order) picks.push_back({row.index, std::nan("")});
  return picks;
}

}  // namespace

std::vector<RankedPick> pick_by_clusters(
    std::string_view who, const PoolView& pool,
    std::span<const std::size_t> rows, std::span<const double> weights,
    std::size_t budget, SelectContext& context, std::size_t bytes,
    const std::function<kernels::Clusters(const ClusterTask&)>& cluster,
    kernels::Compared how) {
  budget = std::min(budget, rows.size());
  if (budget == 0) return {};
  bytes += rows.size() * sizeof(ScoredRow);
  context.expect_memory(who, bytes);
  Ticker ticker(context, budget);
  if (budget == rows.size()) {
    std::vector<RankedPick> picks;
    if (!ticker.stop(0)) picks = all_of(pool, rows, context);
    ticker.finish(picks.size());
    return picks;
  }
  std::size_t done = 0;
  const std::function<Flow()> go_on = [&] {
    return ticker.stop(done) ? Flow::stop : Flow::go_on;
  };
  std::vector<RankedPick> picks;
  if (go_on() == Flow::go_on) {
    const kernels::RowSet read(pool.input(inputs::embeddings), rows);
    const kernels::RowSet set =
        how == kernels::Compared::by_direction ? read.normalised() : read;
    const kernels::Clusters clusters =
        cluster({.rows = set,
                 .weights = weights,
                 .k = budget,
                 .pool = pool,
                 .context = context,
                 .go_on = go_on,
                 .room = context.memory_limit - bytes});
    std::vector<std::uint64_t> keys;
    if (context.ties == Ties::hash) {
      for (const std::size_t row : rows) keys.push_back(pool.key(row));
    }
    if (clusters.complete) {
      SelectDevice* const device = kernels::Nearest::device_within(
          context.memory_limit - bytes, context.device.get(), set.size(),
          budget, set.width());
      const auto one_more = [&] {
        const Flow flow = go_on();
        ++done;
        return flow;
      };
      for (const std::size_t place :
           kernels::nearest_distinct(set, keys, clusters.centroids,
                                     context.threads, one_more, device)) {
        picks.push_back({rows[place], std::nan("")});
      }
    }
  }
  ticker.finish(picks.size());
  return picks;
}

}  // namespace quarry::detail
