#include "quarry/strategy/density/prob_cover.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>

#include "quarry/core/error.hpp"
#include "quarry/strategy/diversity/clusterer.hpp"
#include "quarry/strategy/kernels/tiles.hpp"

#include "strategy/options.hpp"

namespace quarry {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

void expect_delta(double delta) {
  detail::expect_option(delta > 0.0, "delta", delta, "above 0");
}

/// The pool's clusters of some of its rows.
std::vector<std::int64_t> given_clusters(const PoolView& pool,
                                         std::span<const std::size_t> rows) {
  const ArrayView& clusters = pool.input(inputs::clusters);
  if (clusters.rank() != 1 || clusters.rows() != pool.rows()) {
    raise("strategy.input_shape",
          "clusters must be [N], a cluster for each of the " +
              std::to_string(pool.rows()) + " rows, not " +
              clusters.describe());
  }
  std::vector<std::int64_t> all;
  for (const std::size_t row : rows) {
    double value = 0.0;
    clusters.read_row(row, std::span(&value, 1));
    all.push_back(static_cast<std::int64_t>(value));
  }
  return all;
}

}  // namespace

void BallKernel::validate() const {
  expect_delta(delta);
}

std::vector<double> distance_to_other_clusters(
    const kernels::RowSet& rows, std::span<const std::int64_t> clusters,
    std::size_t threads) {
  QUARRY_EXPECTS(clusters.size() == rows.size(),
                 "distance_to_other_clusters: a cluster a row");
  const kernels::Panels<double> all(rows, threads);
  std::vector<double> nearest(rows.size(), infinity);
  kernels::for_each_tile<double>(
      rows, all, threads, [&](const kernels::Tile<double>& tile) {
        for (std::size_t i = 0; i < tile.rows; ++i) {
          double& least = nearest[tile.first_row + i];
          const std::int64_t mine = clusters[tile.first_row + i];
          for (std::size_t j = 0; j < tile.columns; ++j) {
            if (clusters[tile.first_column + j] == mine) continue;
            least = std::min(least, tile.squared_distance(i, j));
          }
        }
        return Flow::go_on;
      });
  for (double& squared : nearest) squared = std::sqrt(squared);
  return nearest;
}

double ball_purity(std::span<const double> distances, double delta) {
  QUARRY_EXPECTS(!distances.empty(), "ball_purity: at least one row");
  const auto pure =
      std::count_if(distances.begin(), distances.end(),
                    [&](double distance) { return distance >= delta; });
  return static_cast<double>(pure) / static_cast<double>(distances.size());
}

double pure_delta(std::span<const double> distances, double alpha) {
  QUARRY_EXPECTS(!distances.empty() && alpha > 0.0 && alpha <= 1.0,
                 "pure_delta: at least one row, alpha in (0, 1]");
  std::vector<double> sorted(distances.begin(), distances.end());
  std::sort(sorted.begin(), sorted.end());
  // The k-th largest is the last that leaves k rows pure.
  const auto pure = static_cast<std::size_t>(
      std::ceil(alpha * static_cast<double>(sorted.size())));
  return sorted[sorted.size() -
                std::clamp<std::size_t>(pure, 1, sorted.size())];
}

void ProbCoverOptions::validate() const {
  if (delta) expect_delta(*delta);
  detail::expect_option(alpha > 0.0 && alpha <= 1.0, "alpha", alpha,
                        "above 0 and at most 1");
  detail::expect_option(n_clusters >= 1, "n_clusters",
                        static_cast<double>(n_clusters), "at least 1");
  greedy.validate();
}

ProbCover::ProbCover(Options options) : options_(options) {
  options_.validate();
}

std::optional<double> ProbCover::delta_of(const PoolView& pool,
                                          SelectContext& context) const {
  if (options_.delta) return options_.delta;
  const std::vector<std::size_t> ground = ground_of(pool);
  const ArrayView& embeddings = pool.input(inputs::embeddings);
  const std::size_t k = std::min(options_.n_clusters, ground.size());
  const WeightedKMeans clusterer;
  context.expect_memory(
      "prob_cover",
      kernels::Panels<double>::bytes(ground.size(), embeddings.cols()) +
          kernels::tile_bytes<double>(embeddings.cols(), context.threads) +
          clusterer.bytes(ground.size(), k, embeddings.cols(),
                          context.threads) +
          ground.size() * 5 * sizeof(double));
  const auto rows = kernels::RowSet(embeddings, ground).normalised();
  std::vector<std::int64_t> clusters;
  if (pool.has(inputs::clusters)) {
    clusters = given_clusters(pool, ground);
  } else {
    const std::function<Flow()> go_on = [&] {
      return context.stop.stop_requested() ? Flow::stop : Flow::go_on;
    };
    const kernels::Clusters found = clusterer.cluster({.rows = rows,
                                                       .weights = {},
                                                       .k = k,
                                                       .pool = pool,
                                                       .context = context,
                                                       .go_on = go_on});
    if (!found.complete) return {};
    clusters.assign(found.which.begin(), found.which.end());
  }
  const std::vector<double> distances =
      distance_to_other_clusters(rows, clusters, context.threads);
  // A ball of radius 0 covers nothing, not even its centre.
  return std::max(pure_delta(distances, options_.alpha),
                  std::numeric_limits<double>::min());
}

std::vector<RankedPick> ProbCover::select(const PoolView& pool,
                                          std::size_t budget,
                                          SelectContext& context) const {
  if (budget == 0 || pool.candidates().empty()) return {};
  const std::optional<double> delta = delta_of(pool, context);
  if (!delta) return {};
  const Maximise<CoverFunction, BallKernel> cover(
      {.kernel = {.delta = *delta}, .greedy = options_.greedy});
  return cover.select(pool, budget, context);
}

}  // namespace quarry
