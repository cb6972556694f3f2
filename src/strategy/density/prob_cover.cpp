#include "quarry/strategy/density/prob_cover.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>

#include "quarry/core/error.hpp"
#include "quarry/strategy/detail/options.hpp"
#include "quarry/strategy/detail/ticker.hpp"
#include "quarry/strategy/diversity/clusterer.hpp"
#include "quarry/strategy/kernels/neighbours.hpp"

#include "strategy/given_clusters.hpp"

namespace quarry {
namespace {

/// A ball of radius 0 covers nothing, not even its centre.
double at_least_a_centre(double squared_delta) {
  return std::max(squared_delta, std::numeric_limits<double>::min());
}

}  // namespace

void BallKernel::validate() const {
  detail::expect_option(squared_delta > 0.0, "squared_delta", squared_delta,
                        "above 0");
}

double ball_purity(std::span<const double> squared_distances,
                   double squared_delta) {
  QUARRY_EXPECTS(!squared_distances.empty(), "ball_purity: at least one row");
  const auto pure =
      std::count_if(squared_distances.begin(), squared_distances.end(),
                    [&](double squared) { return squared >= squared_delta; });
  return static_cast<double>(pure) /
         static_cast<double>(squared_distances.size());
}

double pure_squared_delta(std::span<const double> squared_distances,
                          double alpha) {
  QUARRY_EXPECTS(!squared_distances.empty() && alpha > 0.0 && alpha <= 1.0,
                 "pure_squared_delta: at least one row, alpha in (0, 1]");
  std::vector<double> sorted(squared_distances.begin(),
                             squared_distances.end());
  std::sort(sorted.begin(), sorted.end());
  // The k-th largest is the last that leaves k rows pure. The product may be
  // rounded to the next whole number, up or down: the share decides.
  const auto rows = static_cast<double>(sorted.size());
  auto pure = static_cast<std::size_t>(alpha * rows);
  if (static_cast<double>(pure) / rows < alpha) ++pure;
  return sorted[sorted.size() - pure];
}

void ProbCoverOptions::validate() const {
  if (delta) {
    detail::expect_option(std::isfinite(*delta) && *delta > 0.0, "delta",
                          *delta, "finite and above 0");
  }
  detail::expect_option(alpha > 0.0 && alpha <= 1.0, "alpha", alpha,
                        "above 0 and at most 1");
  detail::expect_at_least_one("n_clusters", n_clusters);
  greedy.validate();
}

ProbCover::ProbCover(Options options) : options_(options) {
  options_.validate();
}

std::optional<double> ProbCover::squared_delta_of(
    const PoolView& pool, SelectContext& context,
    const std::function<Flow()>& go_on) const {
  if (options_.delta)
    return at_least_a_centre(*options_.delta * *options_.delta);
  const std::size_t count = pool.candidates().size() + pool.labelled().size();
  const ArrayView& embeddings = pool.input(inputs::embeddings);
  const std::size_t k = std::min(options_.n_clusters, count);
  const WeightedKMeans clusterer;
  const std::size_t needed =
      kernels::Panels<double>::bytes(count, embeddings.cols()) +
      kernels::tile_bytes<double>(embeddings.cols(), context.threads) +
      clusterer.bytes(count, k, embeddings.cols(), context.threads) +
      count * 5 * sizeof(double);
  context.expect_memory("prob_cover", needed);
  const std::vector<std::size_t> ground = ground_of(pool);
  const auto rows = kernels::RowSet(embeddings, ground).normalised();
  const auto clusters = detail::clusters_of(
      ground,
      {.rows = rows,
       .weights = {},
       .k = k,
       .pool = pool,
       .context = context,
       .go_on = go_on,
       .room = context.memory_limit - needed},
      [&](const ClusterTask& task) { return clusterer.cluster(task); });
  if (!clusters) return {};
  const bool room =
      kernels::neighbour_device_bytes(count, embeddings.cols(), 4) <=
      context.memory_limit - needed;
  const std::vector<double> distances =
      kernels::nearest_of_other_groups(rows, *clusters, context.threads, go_on,
                                       room ? context.device.get() : nullptr);
  if (go_on() == Flow::stop) return {};
  return at_least_a_centre(pure_squared_delta(distances, options_.alpha));
}

std::vector<RankedPick> ProbCover::select(const PoolView& pool,
                                          std::size_t budget,
                                          SelectContext& context) const {
  if (budget == 0 || pool.candidates().empty()) return {};
  detail::Ticker ticker(context, std::min(budget, pool.candidates().size()));
  const std::optional<double> squared = squared_delta_of(
      pool, context, [&] { return ticker.stop(0) ? Flow::stop : Flow::go_on; });
  if (!squared) {
    ticker.finish(0);
    return {};
  }
  const Maximise<CoverFunction, BallKernel> cover(
      {.kernel = {.squared_delta = *squared}, .greedy = options_.greedy});
  return cover.select(pool, budget, context);
}

}  // namespace quarry
