#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <span>

#include "quarry/strategy/kernels/k_means.hpp"
#include "quarry/strategy/pool_view.hpp"
#include "quarry/strategy/select_context.hpp"

namespace quarry {

/// What a clusterer is asked.
struct ClusterTask {
  const kernels::RowSet& rows;      ///< `[N, D]`
  std::span<const double> weights;  ///< `[N]`, ≥ 0; empty: all are 1
  std::size_t k = 1;                ///< 1 ≤ k ≤ N
  const PoolView& pool;             ///< for inputs of the clusterer's own
  SelectContext& context;
  /// To be asked now and then, from any thread.
  const std::function<Flow()>& go_on;
  /// Bytes that it may allocate besides what it says, if that changes nothing.
  std::size_t room = 0;
};

/// A `Clusterer` finds k centroids of weighted rows.
///
/// Expressions, for `const C& c` and `const ClusterTask& task`:
///
///     c.cluster(task)  → kernels::Clusters of k centroids
///     c.bytes(rows, k, width, threads)  → std::size_t: what it allocates
///
/// Results do not depend on the number of threads; randomness comes from
/// `task.context.random` alone. Shipped: `WeightedKMeans`.
template <class C>
concept Clusterer = std::copy_constructible<C> &&
    requires(const C& c, const ClusterTask& task, std::size_t n) {
  { c.cluster(task) } -> std::same_as<kernels::Clusters>;
  { c.bytes(n, n, n, n) } -> std::same_as<std::size_t>;
};

/// k-means++ and Lloyd's iterations with weights (`kernels::k_means`). Where
/// the pool has the input `init_centroids` `[k, D]`, it begins there and draws
/// nothing; raises `strategy.input_shape` when it has another shape, and
/// `strategy.bad_row` when it is not finite.
struct WeightedKMeans {
  kernels::KMeansOptions options = {};

  kernels::Clusters cluster(const ClusterTask& task) const;
  std::size_t bytes(std::size_t rows, std::size_t k, std::size_t width,
                    std::size_t threads) const {
    return kernels::k_means_bytes(rows, k, width, threads);
  }
};

}  // namespace quarry
