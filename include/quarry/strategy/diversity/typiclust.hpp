#pragma once

#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

#include "quarry/strategy/concept.hpp"
#include "quarry/strategy/detail/expects_policy.hpp"
#include "quarry/strategy/detail/options.hpp"
#include "quarry/strategy/diversity/clusterer.hpp"

namespace quarry {

struct TypiClustOptions {
  /// How neighbours are averaged.
  enum class Distance {
    sqeuclidean,  ///< ‖a − b‖², as the authors' program does
    euclidean,    ///< ‖a − b‖, as their paper says
  };
  /// Neighbours that count, at most; ≥ 1.
  std::size_t neighbours = 20;
  /// Clusters of so many rows and fewer are visited when all others are used
  /// up.
  std::size_t min_cluster_size = 5;
  /// Clusters, at most; ≥ 1.
  std::size_t max_clusters = 500;
  /// Added to a mean distance; finite, > 0.
  double epsilon = 1e-5;
  Distance distance = Distance::sqeuclidean;
  /// Raises `strategy.bad_param`.
  void validate() const;
};

namespace detail {
/// What `TypiClust` does with any clusterer.
std::vector<RankedPick> pick_typical(
    const TypiClustOptions& options, const PoolView& pool, std::size_t budget,
    SelectContext& context,
    const std::function<std::size_t(std::size_t rows, std::size_t k,
                                    std::size_t width)>& bytes,
    const std::function<kernels::Clusters(const ClusterTask&)>& cluster);
}  // namespace detail

/// Typical samples of what is not labelled yet: takes from each cluster in turn
/// the sample whose neighbours are nearest. Embeddings are divided by their
/// length. Labelled rows L and candidates U are clustered together into
/// K = min(|L| + b, `max_clusters`) clusters, visited by
///
///     labelled rows ascending, rows descending, number ascending
///
/// again and again. With V the candidates of a cluster that are not picked yet
/// and k = min(`neighbours`, ⌊|V| / 2⌋), a visit picks the largest
///
///     typicality(u) = 1 / (mean distance to the k nearest of V \ {u} + ε)
///
/// which is the score. Clusters of `min_cluster_size` rows and fewer wait until
/// all others are used up. Equal typicalities are decided by `PickOrder`.
///
/// Where the pool has the input `clusters` `[N]`, its numbers are the clusters,
/// and nothing is drawn.
///
/// Needs embeddings `[N, D]`, f2, f4 or f8. Cost: that of the clusterer, and
/// O(n² D) for each cluster of n rows that is visited, again after 16 picks
/// from it; memory: 32 bytes a row, 16 for each of `neighbours` + 16 neighbours
/// of a candidate, some MiB for blocks of rows, and that of the clusterer, or 8
/// bytes a row where clusters are given. A device (`SelectContext::device`) is
/// asked for the neighbours in clusters of 512 candidates or more, where the
/// limit has room for what it takes (`kernels::neighbour_device_bytes`); picks
/// are the same. Raises `strategy.bad_param`, `strategy.memory`,
/// `strategy.missing_input`, and `strategy.input_shape` for `clusters`.
///
/// G. Hacohen, A. Dekel & D. Weinshall, "Active Learning on a Budget: Opposite
/// Strategies Suit High and Low Budgets", ICML 2022.
template <class Clusters = WeightedKMeans>
class TypiClust : public SetWise<TypiClust<Clusters>> {
  QUARRY_EXPECTS_CLUSTERER("TypiClust", Clusters);

 public:
  using Options = TypiClustOptions;

  explicit TypiClust(Options options, Clusters clusterer = {})
      : options_(options), clusterer_(std::move(clusterer)) {
    options_.validate();
    detail::validate(clusterer_);
  }
  TypiClust() : TypiClust(Options()) {}

  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const {
    return detail::pick_typical(
        options_, pool, budget, context,
        [&](std::size_t rows, std::size_t k, std::size_t width) {
          return clusterer_.bytes(rows, k, width, context.threads);
        },
        [&](const ClusterTask& task) { return clusterer_.cluster(task); });
  }

 private:
  Options options_;
  Clusters clusterer_;
};

}  // namespace quarry
