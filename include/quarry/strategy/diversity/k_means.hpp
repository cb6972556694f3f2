#pragma once

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "quarry/strategy/concept.hpp"
#include "quarry/strategy/detail/expects_policy.hpp"
#include "quarry/strategy/detail/options.hpp"
#include "quarry/strategy/diversity/clusterer.hpp"
#include "quarry/strategy/kernels/row_set.hpp"

namespace quarry {

namespace detail {

/// Clusters `rows` of a pool (ascending candidates) with `weights`, empty or
/// one a row, into as many clusters as there are to be picks, and picks for
/// each centroid the nearest row that is not taken; scores are NaN.
/// `cluster` gives the centroids; `bytes` is what that allocates. By direction
/// rows are divided by their lengths first.
std::vector<RankedPick> pick_by_clusters(
    std::string_view who, const PoolView& pool,
    std::span<const std::size_t> rows, std::span<const double> weights,
    std::size_t budget, SelectContext& context, std::size_t bytes,
    const std::function<kernels::Clusters(const ClusterTask&)>& cluster,
    kernels::Compared how = kernels::Compared::by_place);

/// The same for a clusterer.
template <Clusterer C>
std::vector<RankedPick> pick_by_clusters(
    std::string_view who, const C& clusterer, const PoolView& pool,
    std::span<const std::size_t> rows, std::span<const double> weights,
    std::size_t budget, SelectContext& context,
    kernels::Compared how = kernels::Compared::by_place) {
  const std::size_t width = pool.input(inputs::embeddings).cols();
  // All rows, or none, need no clusters.
  const bool some = budget > 0 && budget < rows.size();
  return pick_by_clusters(
      who, pool, rows, weights, budget, context,
      some ? clusterer.bytes(rows.size(), budget, width, context.threads) : 0,
      [&](const ClusterTask& task) { return clusterer.cluster(task); }, how);
}

}  // namespace detail

/// As many clusters as there are to be picks, and of each the sample nearest to
/// its centroid. With candidates U, embeddings h and budget b:
///
///     c_1 … c_b = k-means of {h_u, u ∈ U}
///     pick k = argmin_u ‖h_u − c_k‖ over what is not picked yet
///
/// in the order of the centroids; scores are NaN. Equally near rows are decided
/// by the hash of the id (not under `Ties::index`), then by index. With b ≥ |U|
/// all of U is picked in that order. Labelled rows play no part.
///
/// Compared by direction, h_u is divided by its length first (a row of zeros
/// stays one): the pick is then the row of the largest cosine with c_k.
///
/// Needs embeddings `[N, D]`, f2, f4 or f8. Cost: O(N b D) an iteration of the
/// clusterer; memory: 24 bytes a candidate, and that of the clusterer (see
/// `kernels::k_means_bytes`). Asked to stop before clusters are found it picks
/// nothing. Raises `strategy.memory`, `strategy.missing_input`, and what the
/// clusterer raises.
///
/// F. Zhdanov, "Diverse mini-batch Active Learning", 2019; Z. Bodó, Z. Minier &
/// L. Csató, "Active Learning with Clustering", AISTATS workshop 2011.
template <class Clusters = WeightedKMeans>
class KMeans : public SetWise<KMeans<Clusters>> {
  QUARRY_EXPECTS_CLUSTERER("KMeans", Clusters);

 public:
  /// Raises `strategy.bad_param`.
  explicit KMeans(Clusters clusterer = {},
                  kernels::Compared how = kernels::Compared::by_place)
      : clusterer_(std::move(clusterer)), how_(how) {
    detail::validate(clusterer_);
  }

  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const {
    return detail::pick_by_clusters("k_means", clusterer_, pool,
                                    pool.candidates(), {}, budget, context,
                                    how_);
  }

 private:
  Clusters clusterer_;
  kernels::Compared how_;
};

}  // namespace quarry
