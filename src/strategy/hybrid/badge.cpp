#include "quarry/strategy/hybrid/badge.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <string>

#include "quarry/core/error.hpp"
#include "quarry/core/matrix.hpp"
#include "quarry/strategy/detail/ticker.hpp"

#include "strategy/hybrid/gradient_metric.hpp"

namespace quarry {
namespace {

using detail::GradientMetric;

std::vector<double> given_uniforms(const ArrayView& given, std::size_t draws) {
  if (!is_float(given.dtype()) || given.rank() != 1 || given.rows() < draws) {
    raise("strategy.input_shape",
          "uniforms is " + given.describe() + ", but there are " +
              std::to_string(draws) + " draws to be made",
          "give one number in [0, 1) for each pick but the first");
  }
  std::vector<double> numbers(draws);
  for (std::size_t t = 0; t < draws; ++t) {
    given.read_row(t, std::span(&numbers[t], 1));
    if (numbers[t] >= 0.0 && numbers[t] < 1.0) continue;
    raise("strategy.bad_row", "row " + std::to_string(t) +
                                  " of uniforms is not a number in [0, 1)");
  }
  return numbers;
}

/// Draws by the numbers given, each from distances that are up to date, until
/// all that are left are at a distance of 0.
void replay(GradientMetric& metric, std::span<const double> uniforms,
            std::vector<std::size_t>& picks,
            const std::function<Flow()>& go_on) {
  std::vector<double> squared(metric.size(),
                              std::numeric_limits<double>::infinity());
  for (const double u : uniforms) {
    if (metric.cover(std::span(picks).last(1), squared) == Flow::stop) return;
    for (const std::size_t pick : picks) squared[pick] = 0.0;
    double total = 0.0;
    for (const double weight : squared) total += weight;
    if (!(total > 0.0)) return;
    double sum = 0.0;
    std::size_t at = metric.size();
    for (std::size_t i = 0; i < squared.size(); ++i) {
      if (!(squared[i] > 0.0)) continue;
      sum += squared[i];
      at = i;
      if (sum / total >= u) break;
    }
    picks.push_back(at);
    if (go_on() == Flow::stop) return;
  }
}

}  // namespace

std::vector<RankedPick> Badge::select(const PoolView& pool, std::size_t budget,
                                      SelectContext& context) const {
  const auto candidates = pool.candidates();
  budget = std::min(budget, candidates.size());
  if (budget == 0) return {};
  context.expect_memory("badge", GradientMetric::bytes(pool, context.threads) +
                                     candidates.size() * (2 * sizeof(double) +
                                                          sizeof(ScoredRow)));
  detail::Ticker ticker(context, budget);
  std::vector<std::size_t> picks;
  bool stopped = false;
  const std::function<Flow()> go_on = [&] {
    const bool stop = ticker.stop(picks.size());
    stopped = stopped || stop;
    return stop ? Flow::stop : Flow::go_on;
  };
  if (go_on() == Flow::go_on) {
    GradientMetric metric(pool, context.threads, go_on);
    std::vector<ScoredRow> order;  // by norm; then what has no distance left
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      order.push_back({metric.squared_norm(i), pool.key(candidates[i]), i});
    }
    const PickOrder by(context.ties);
    picks.push_back(std::min_element(order.begin(), order.end(), by)->index);
    if (pool.has(inputs::uniforms)) {
      replay(metric, given_uniforms(pool.input(inputs::uniforms), budget - 1),
             picks, go_on);
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
