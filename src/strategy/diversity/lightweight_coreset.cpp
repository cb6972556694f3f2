#include "quarry/strategy/diversity/lightweight_coreset.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "quarry/strategy/detail/parallel.hpp"
#include "quarry/strategy/detail/ticker.hpp"
#include "quarry/strategy/kernels/squared_distance.hpp"
#include "quarry/strategy/top_k.hpp"

#include "strategy/gumbel.hpp"

namespace quarry {

std::vector<RankedPick> LightweightCoreset::select(
    const PoolView& pool, std::size_t budget, SelectContext& context) const {
  const auto candidates = pool.candidates();
  budget = std::min(budget, candidates.size());
  if (budget == 0) return {};
  context.expect_memory(
      "lightweight_coreset",
      candidates.size() * sizeof(double) + 2 * budget * sizeof(ScoredRow));
  detail::Ticker ticker(context, budget);
  if (ticker.stop(0)) {
    ticker.finish(0);
    return {};
  }
  const kernels::RowSet rows(pool.input(inputs::embeddings), candidates);
  const std::vector<double> mean = kernels::mean_of(rows);
  const kernels::RowSet centre(ArrayView(mean.data(), {1, mean.size()}));
  std::vector<double> q(candidates.size());
  detail::parallel_blocks(q.size(), 256, context.threads,
                          [&](std::size_t first, std::size_t last) {
                            kernels::SquaredDistance squared(rows, centre);
                            for (std::size_t i = first; i < last; ++i) {
                              q[i] = squared(i, 0);
                            }
                          });
  const double sum = std::accumulate(q.begin(), q.end(), 0.0);
  const auto n = static_cast<double>(q.size());
  const detail::Gumbel gumbel(pool, context.random);
  TopK drawn(budget, PickOrder(context.ties));
  for (std::size_t i = 0; i < q.size(); ++i) {
    q[i] = 0.5 / n + (sum > 0.0 ? 0.5 * q[i] / sum : 0.5 / n);
    const std::size_t row = candidates[i];
    // Candidates ascend, so places order as rows do.
    drawn.push({std::log(q[i]) + gumbel.of(row), pool.key(row), i});
  }
  std::vector<RankedPick> picks = drawn.sorted();
  for (RankedPick& pick : picks) {
    pick = {candidates[pick.index], q[pick.index]};
  }
  ticker.finish(picks.size());
  return picks;
}

}  // namespace quarry
