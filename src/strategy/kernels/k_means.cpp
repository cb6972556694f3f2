#include "quarry/strategy/kernels/k_means.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "quarry/core/error.hpp"
#include "quarry/strategy/detail/options.hpp"
#include "quarry/strategy/detail/parallel.hpp"
#include "quarry/strategy/kernels/nearest.hpp"
#include "quarry/strategy/kernels/squared_distance.hpp"
#include "quarry/strategy/kernels/squared_sampling.hpp"

#include "strategy/infinity.hpp"
#include "strategy/uniforms.hpp"

namespace quarry::kernels {
namespace {

/// Centroids whose distances to all of so many rows are bounded at once: those
/// bounds take 64 MiB at most, or a float a row.
std::size_t bounded_at_once(std::size_t rows) {
  constexpr std::size_t most = std::size_t{1} << 24;
  return std::clamp<std::size_t>(most / std::max<std::size_t>(rows, 1), 1, 64);
}

RowSet rows_of(const RowMatrix<double>& centroids) {
  return RowSet(ArrayView(centroids.data(),
                          {static_cast<std::size_t>(centroids.rows()),
                           static_cast<std::size_t>(centroids.cols())}));
}

std::span<double> row_of(RowMatrix<double>& matrix, std::size_t i) {
  return {matrix.row(static_cast<Eigen::Index>(i)).data(),
          static_cast<std::size_t>(matrix.cols())};
}

/// The distance of rows of a set.
class RowMetric : public SquaredMetric {
 public:
  RowMetric(const RowSet& rows, std::size_t threads,
            const std::function<Flow()>& go_on, std::size_t room,
            SelectDevice* device)
      : rows_(rows),
        nearest_(rows, threads, room, device),
        exact_(rows_, rows_),
        go_on_(go_on) {}

  double between(std::size_t i, std::size_t j) override { return exact_(i, j); }
  Flow cover(std::span<const std::size_t> centres,
             std::span<double> squared) override {
    return nearest_.update(rows_.of(centres), squared, {}, 0, go_on_);
  }

 private:
  RowSet rows_;
  Nearest nearest_;
  SquaredDistance exact_;
  const std::function<Flow()>& go_on_;
};

/// The clusters that rows have come to or gone from, ascending.
std::vector<std::size_t> changed_clusters(std::span<const std::uint32_t> before,
                                          std::span<const std::uint32_t> which,
                                          std::size_t k) {
  std::vector<bool> is_changed(k, before.empty());
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i] != which[i])
      is_changed[before[i]] = is_changed[which[i]] = true;
  }
  std::vector<std::size_t> changed;
  for (std::size_t c = 0; c < k; ++c) {
    if (is_changed[c]) changed.push_back(c);
  }
  return changed;
}

/// Moves the centroids of `changed` clusters to the weighted means of their
/// rows; how far all moved, squared.
double move(RowMatrix<double>& centroids, std::span<const std::size_t> changed,
            const RowSet& rows, std::span<const double> weights,
            std::span<const std::uint32_t> which, std::size_t threads) {
  const std::size_t count = changed.size();
  constexpr std::size_t unchanged = std::numeric_limits<std::size_t>::max();
  std::vector<std::size_t> place(static_cast<std::size_t>(centroids.rows()),
                                 unchanged);
  for (std::size_t p = 0; p < count; ++p) place[changed[p]] = p;
  RowMatrix<double> sums = RowMatrix<double>::Zero(
      static_cast<Eigen::Index>(count), centroids.cols());
  std::vector<double> weight(count, 0.0), moved(count, 0.0);
  threads = detail::threads_worth(threads, rows.size() * rows.width());
  // Each thread has clusters of its own, and takes their rows as they lie.
  const std::size_t parts = std::clamp<std::size_t>(threads, 1, count);
  const std::size_t some = (count + parts - 1) / parts;
  detail::parallel_blocks(
      count, some, threads, [&](std::size_t first, std::size_t last) {
        std::vector<double> x(rows.width());
        for (std::size_t i = 0; i < rows.size(); ++i) {
          const std::size_t p = place[which[i]];
          if (p < first || p >= last) continue;
          const double w = weights.empty() ? 1.0 : weights[i];
          rows.read(i, std::span(x));
          const std::span<double> sum = row_of(sums, p);
          for (std::size_t d = 0; d < x.size(); ++d) sum[d] += w * x[d];
          weight[p] += w;
        }
        for (std::size_t p = first; p < last; ++p) {
          if (!(weight[p] > 0.0)) continue;
          const std::span<double> sum = row_of(sums, p);
          const std::span<double> centroid = row_of(centroids, changed[p]);
          for (std::size_t d = 0; d < sum.size(); ++d) {
            const double now = sum[d] / weight[p];
            moved[p] += (now - centroid[d]) * (now - centroid[d]);
            centroid[d] = now;
          }
        }
      });
  return std::accumulate(moved.begin(), moved.end(), 0.0);
}

/// Σ_i w_i ‖x_i − c_which(i)‖²
double inertia_of(const RowSet& rows, const RowSet& centres,
                  std::span<const double> weights,
                  std::span<const std::uint32_t> which, std::size_t threads) {
  std::vector<double> squared(rows.size());
  detail::parallel_blocks(
      rows.size(), 256,
      detail::threads_worth(threads, rows.size() * rows.width()),
      [&](std::size_t first, std::size_t last) {
        SquaredDistance exact(rows, centres);
        for (std::size_t i = first; i < last; ++i) {
          squared[i] = exact(i, which[i]);
        }
      });
  double sum = 0.0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    sum += squared[i] * (weights.empty() ? 1.0 : weights[i]);
  }
  return sum;
}

}  // namespace

void KMeansOptions::validate() const {
  detail::expect_at_least_one("max_iterations", max_iterations);
  detail::expect_option(tolerance >= 0.0 && tolerance < detail::infinity,
                        "tolerance", tolerance, "finite and at least 0");
}

RowMatrix<double> k_means_start(const RowSet& rows,
                                std::span<const double> weights, std::size_t k,
                                RandomStream& random, std::size_t threads,
                                const std::function<Flow()>& go_on,
                                std::size_t room, SelectDevice* device) {
  QUARRY_EXPECTS(k >= 1 && k <= rows.size(), "k_means_start: 1 <= k <= N");
  std::vector<std::size_t> picks;
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  if (total > 0.0) {
    picks.push_back(detail::inverse_cdf(weights, total, random.uniform()));
  } else {
    picks.push_back(random.below(rows.size()));
  }
  RowMetric metric(rows, threads, go_on, room, device);
  sample_squared(metric, weights, rows.size(), k, random, picks, go_on);
  std::vector<bool> drawn(rows.size(), false);
  for (const std::size_t pick : picks) drawn[pick] = true;
  for (std::size_t i = 0; i < rows.size() && picks.size() < k; ++i) {
    if (!drawn[i]) picks.push_back(i);
  }
  RowMatrix<double> start(k, rows.width());
  for (std::size_t c = 0; c < k; ++c) rows.read(picks[c], row_of(start, c));
  return start;
}

Clusters k_means(const RowSet& rows, std::span<const double> weights,
                 RowMatrix<double> start, const KMeansOptions& options,
                 std::size_t threads, const std::function<Flow()>& go_on,
                 std::size_t room, SelectDevice* device) {
  options.validate();
  const double least =
      options.tolerance > 0.0 ? options.tolerance * mean_variance(rows) : 0.0;
  const Nearest nearest(rows, threads, room, device);
  Clusters clusters{.centroids = std::move(start),
                    .which = std::vector<std::uint32_t>(rows.size())};
  std::vector<std::uint32_t> before;
  std::vector<std::size_t> changed;
  const auto assign = [&] {
    const RowSet centres = rows_of(clusters.centroids);
    return before.empty()
               ? nearest.assign(centres, clusters.which, go_on)
               : nearest.reassign(centres, changed, clusters.which, go_on);
  };
  bool stale = true;  // a centroid has moved since rows were assigned
  bool settled = false;
  while (clusters.iterations < options.max_iterations && !settled) {
    if (assign() == Flow::stop) {
      clusters.complete = false;
      return clusters;
    }
    ++clusters.iterations;
    changed =
        changed_clusters(before, clusters.which,
                         static_cast<std::size_t>(clusters.centroids.rows()));
    stale = !changed.empty();
    if (!stale) break;
    before = clusters.which;
    settled = move(clusters.centroids, changed, rows, weights, before,
                   threads) <= least;
  }
  if (stale) clusters.complete = assign() == Flow::go_on;
  if (clusters.complete) {
    clusters.inertia = inertia_of(rows, rows_of(clusters.centroids), weights,
                                  clusters.which, threads);
  }
  return clusters;
}

std::size_t k_means_bytes(std::size_t rows, std::size_t k, std::size_t width,
                          std::size_t threads) {
  const std::size_t bounds = std::min(k, bounded_at_once(rows));
  return rows * (6 * sizeof(double) + bounds * sizeof(float)) +
         4 * k * width * sizeof(double) + Nearest::bytes(k, width, threads);
}

std::vector<std::size_t> nearest_distinct(const RowSet& rows,
                                          std::span<const std::uint64_t> keys,
                                          const RowMatrix<double>& centroids,
                                          std::size_t threads,
                                          const std::function<Flow()>& go_on,
                                          SelectDevice* device) {
  const auto k = static_cast<std::size_t>(centroids.rows());
  const std::size_t count = rows.size();
  const std::size_t at_once = bounded_at_once(count);
  const Nearest nearest(rows, threads, /*room=*/0, device);
  const RowSet centres = rows_of(centroids);
  SquaredDistance exact(rows, centres);
  std::vector<bool> taken(count, false);
  std::vector<float> bounds(std::min(k, at_once) * count);
  std::vector<std::size_t> picks;
  for (std::size_t c = 0; c < std::min(k, count); ++c) {
    if (c % at_once == 0) {
      const std::size_t some = std::min(at_once, k - c);
      nearest.lower_bounds(centres.part(c, some),
                           std::span(bounds).first(some * count));
    }
    const float* const bound = bounds.data() + c % at_once * count;
    // The likely one first: few others are then worth a look.
    std::size_t best = count;
    for (std::size_t i = 0; i < count; ++i) {
      if (!taken[i] && (best == count || bound[i] < bound[best])) best = i;
    }
    double least = exact(best, c);
    for (std::size_t i = 0; i < count; ++i) {
      if (taken[i] || i == best || !(bound[i] <= least)) continue;
      const double squared = exact(i, c);
      const bool first =
          squared < least ||
          (squared == least &&
           (keys.empty() || keys[i] == keys[best] ? i < best
                                                  : keys[i] < keys[best]));
      if (first) {
        best = i;
        least = squared;
      }
    }
    taken[best] = true;
    picks.push_back(best);
    if (go_on() == Flow::stop) break;
  }
  return picks;
}

}  // namespace quarry::kernels
