#include "quarry/strategy/hybrid/badge.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "quarry/core/matrix.hpp"
#include "quarry/strategy/detail/ticker.hpp"

#include "strategy/hybrid/gradient_metric.hpp"
#include "strategy/uniforms.hpp"

namespace quarry {
namespace {

using detail::GradientMetric;

/// Draws by the numbers given, each from distances that are up to date, until
/// all that are left are at a distance of 0.
void replay(GradientMetric& metric, detail::Uniforms uniforms,
            std::size_t budget, std::vector<std::size_t>& picks,
            const std::function<Flow()>& go_on) {
  std::vector<double> squared(metric.size(),
                              std::numeric_limits<double>::infinity());
  while (picks.size() < budget) {
    if (metric.cover(std::span(picks).last(1), squared) == Flow::stop) return;
    for (const std::size_t pick : picks) squared[pick] = 0.0;
    double total = 0.0;
    for (const double weight : squared) total += weight;
    if (!(total > 0.0)) return;
    picks.push_back(detail::inverse_cdf(squared, total, uniforms.next()));
    if (go_on() == Flow::stop) return;
  }
}

}  // namespace

std::vector<RankedPick> Badge::select(const PoolView& pool, std::size_t budget,
                                      SelectContext& context) const {
  const auto candidates = pool.candidates();
  budget = std::min(budget, candidates.size());
  if (budget == 0) return {};
  const std::size_t bytes =
      GradientMetric::bytes(pool, context.threads) +
      candidates.size() * (2 * sizeof(double) + sizeof(ScoredRow));
  context.expect_memory("badge", bytes);
  SelectDevice* const device =
      GradientMetric::device_bytes(pool) <= context.memory_limit - bytes
          ? context.device.get()
          : nullptr;
  detail::Ticker ticker(context, budget);
  std::vector<std::size_t> picks;
  bool stopped = false;
  const std::function<Flow()> go_on = [&] {
    const bool stop = ticker.stop(picks.size());
    stopped = stopped || stop;
    return stop ? Flow::stop : Flow::go_on;
  };
  if (go_on() == Flow::go_on) {
    GradientMetric metric(pool, context.threads, go_on, device);
    std::vector<ScoredRow> order;  // by norm; then what has no distance left
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      order.push_back({metric.squared_norm(i), pool.key(candidates[i]), i});
    }
    const PickOrder by(context.ties);
    picks.push_back(std::min_element(order.begin(), order.end(), by)->index);
    if (pool.has(inputs::uniforms)) {
      replay(metric, {pool, context.random, "badge", budget - 1}, budget, picks,
             go_on);
    } else {
      RandomStream random = context.random.derive("badge");
      kernels::sample_squared(metric, {}, candidates.size(), budget, random,
                              picks, go_on);
    }
    if (!stopped && picks.size() < budget) {
      for (ScoredRow& row : order) row.score = 0.0;
      std::sort(order.begin(), order.end(), by);
      std::vector<bool> picked(candidates.size(), false);
      for (const std::size_t pick : picks) picked[pick] = true;
      for (const ScoredRow& row : order) {
        if (picks.size() < budget && !picked[row.index]) {
          picks.push_back(row.index);
        }
      }
    }
  }
  ticker.finish(picks.size());
  std::vector<RankedPick> ranked;
  for (const std::size_t pick : picks) {
    ranked.push_back({candidates[pick], std::nan("")});
  }
  return ranked;
}

}  // namespace quarry
