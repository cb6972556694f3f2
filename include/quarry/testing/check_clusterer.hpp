#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "quarry/strategy/diversity/clusterer.hpp"
#include "quarry/testing/law_report.hpp"

namespace quarry::testing {

struct CheckClustererOptions {
  /// Decides the rows and what the clusterer draws; the same seed finds the
  /// same.
  std::uint64_t seed = 0;
  /// The rows of each set; ≥ 2.
  std::size_t rows = 60;
};

namespace detail {
LawReport check_clusterer(
    const std::function<kernels::Clusters(const ClusterTask&)>& cluster,
    const CheckClustererOptions& options);
}  // namespace detail

/// Checks the laws of a `Clusterer` (see diversity/clusterer.hpp) on rows of 1
/// to 33 numbers, f4 and f8, as they are and of length 1, with copies and
/// zeros, all equal, with no weights, some weights of 0 and all of 0, and k
/// from 1 to the number of rows; an empty report means that none was seen
/// broken.
///
///     centroids are [k, D] and finite; each row has a cluster below k
///     no weights  ≡  weights of 1, where nothing is drawn
///     same rows, same random stream  ⇒  same clusters, to the last bit, with
///         1, 2 and 7 threads, whatever room there is
///     asked to stop at once, or later: `complete` is false, or the clusters
///         are those that it would have found
///
/// Of each law the first violation is told, and how many followed. Seconds at
/// most.
template <Clusterer C>
LawReport check_clusterer(const C& clusterer,
                          const CheckClustererOptions& options = {}) {
  return detail::check_clusterer(
      [&](const ClusterTask& task) { return clusterer.cluster(task); },
      options);
}

}  // namespace quarry::testing
