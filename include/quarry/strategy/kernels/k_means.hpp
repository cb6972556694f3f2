#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "quarry/core/matrix.hpp"
#include "quarry/core/progress.hpp"
#include "quarry/core/random.hpp"
#include "quarry/strategy/kernels/row_set.hpp"
#include "quarry/strategy/select_device.hpp"

namespace quarry::kernels {

struct KMeansOptions {
  /// At most so many times are rows assigned and centroids moved; ≥ 1.
  std::size_t max_iterations = 300;
  /// It has converged when no row changes its cluster, or when
  /// Σ_k ‖c_k − c_k before‖² ≤ tolerance × the mean variance of the columns;
  /// finite, ≥ 0.
  double tolerance = 1e-4;
  /// Raises `strategy.bad_param`.
  void validate() const;
};

/// What k-means leaves: k clusters of N rows.
struct Clusters {
  RowMatrix<double> centroids = {};       ///< `[k, D]`
  std::vector<std::uint32_t> which = {};  ///< `[N]`: the nearest of them
  double inertia = 0.0;  ///< Σ_i w_i ‖x_i − c_which(i)‖²
  std::size_t iterations = 0;
  bool complete = true;  ///< false when it was asked to stop
};

/// k centroids to begin with, drawn from the rows by k-means++ (see
/// `sample_squared`): the first in proportion to the weights. Where fewer than
/// k rows are distinct, or have a weight, the rest are the first rows that are
/// not drawn. Expects 1 ≤ k ≤ N. No weights means that all are 1. `room` is for
/// a copy of the rows, and a device for products (see `Nearest`).
///
/// D. Arthur & S. Vassilvitskii, "k-means++: The Advantages of Careful
/// Seeding", SODA 2007.
RowMatrix<double> k_means_start(const RowSet& rows,
                                std::span<const double> weights, std::size_t k,
                                RandomStream& random, std::size_t threads,
                                const std::function<Flow()>& go_on,
                                std::size_t room = 0,
                                SelectDevice* device = nullptr);

/// Lloyd's iterations from `start` `[k, D]`: each row goes to its nearest
/// centroid (`Nearest`; the first of equally near ones), each centroid to the
/// weighted mean of its rows, summed in double in the order of rows. A centroid
/// without rows, or whose rows weigh nothing, stays where it is.
///
/// At most O(N k D) an iteration, see `Nearest::reassign`; memory:
/// `k_means_bytes`, and up to `room` more for a copy of the rows (see
/// `Nearest`). Results depend neither on that, nor on a device, nor on the
/// number of threads.
///
/// S. P. Lloyd, "Least Squares Quantization in PCM", IEEE Transactions on
/// Information Theory 1982.
Clusters k_means(const RowSet& rows, std::span<const double> weights,
                 RowMatrix<double> start, const KMeansOptions& options,
                 std::size_t threads, const std::function<Flow()>& go_on,
                 std::size_t room = 0, SelectDevice* device = nullptr);

/// What `k_means`, `k_means_start` and `nearest_distinct` allocate.
std::size_t k_means_bytes(std::size_t rows, std::size_t k, std::size_t width,
                          std::size_t threads);

/// For each centroid in order, the nearest row that no centroid before it took:
/// min(k, N) of them. Of equally near rows the one with the least of `keys`
/// `[N]`, where there are any, and then the first.
std::vector<std::size_t> nearest_distinct(const RowSet& rows,
                                          std::span<const std::uint64_t> keys,
                                          const RowMatrix<double>& centroids,
                                          std::size_t threads,
                                          const std::function<Flow()>& go_on,
                                          SelectDevice* device = nullptr);

}  // namespace quarry::kernels
