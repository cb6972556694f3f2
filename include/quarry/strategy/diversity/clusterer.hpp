#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <span>

#include "quarry/strategy/kernels/k_means.hpp"
#include "quarry/strategy/pool_view.hpp"
#include "quarry/strategy/select_context.hpp"

namespace quarry {

/// What a clusterer is asked: to find k clusters of N rows.
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

/// A `Clusterer` finds k centroids of weighted rows. Strategies take the row
/// that is nearest to each, or the rows of each cluster in turn.
///
/// Expressions, for `const C& c` and `const ClusterTask& task`:
///
///     c.cluster(task)  → kernels::Clusters: centroids `[k, D]` in the units of
///                        the rows, and of each row, `[N]`, the number of its
///                        cluster. Only these two and `complete` are looked at
///     c.bytes(rows, k, width, threads)  → std::size_t: the bytes it allocates
///                        at most, what it returns included
///
/// It may ask for 1 ≤ k ≤ N clusters of any rows: copies of each other, all of
/// them equal, of weight 0. It reads them by `task.rows.read(i, row)`, row by
/// row, for they may be mapped from a file larger than memory. Asked to stop
/// (`task.go_on()`) it returns soon, with `complete` = false, and what it found
/// is not looked at.
///
/// Laws, checked by `testing::check_clusterer`:
///
///     centroids are [k, D] and finite; which[i] < k for each of the N rows
///     no weights  ≡  weights of 1; what is drawn may be drawn otherwise
///     same rows, same `task.context.random`  ⇒  same clusters, to the last
///         bit, for any number of threads and any `task.room`
///     asked to stop: `complete` is false, or it is what it would have been
///
/// Randomness comes from `task.context.random` alone; a clusterer of its own
/// input (`task.pool.input(name)`) is free to take it. Cost: its own. Threads:
/// one call at a time, which may use `task.context.threads`. The shortest
/// complete model is in examples/extend/my_clusterer.cpp. Shipped:
/// `WeightedKMeans`.
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
  /// When it ends.
  kernels::KMeansOptions options = {};

  /// Raises `strategy.bad_param`.
  void validate() const { options.validate(); }
  kernels::Clusters cluster(const ClusterTask& task) const;
  std::size_t bytes(std::size_t rows, std::size_t k, std::size_t width,
                    std::size_t threads) const {
    return kernels::k_means_bytes(rows, k, width, threads);
  }
};

}  // namespace quarry
