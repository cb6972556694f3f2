#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "quarry/strategy/any_strategy.hpp"
#include "quarry/strategy/detail/expects_policy.hpp"
#include "quarry/strategy/detail/options.hpp"
#include "quarry/strategy/diversity/k_means.hpp"
#include "quarry/strategy/uncertainty/scores.hpp"

namespace quarry {

struct DbalOptions {
  /// β: how many candidates for each pick are clustered; ≥ 1.
  std::size_t beta = 10;

  /// Raises `strategy.bad_param`.
  void validate() const;
};

namespace detail {

/// Clusters the `most` best candidates by the scores of `uncertainty`, each
/// weighing its score (what is below 0 weighs nothing), and picks for each
/// centroid the nearest that is not taken; the score of a pick is that of
/// `uncertainty`.
std::vector<RankedPick> pick_by_weighted_clusters(
    std::string_view who, const AnyStrategy& uncertainty, std::size_t most,
    const PoolView& pool, std::size_t budget, SelectContext& context,
    const std::function<std::vector<RankedPick>(
        std::span<const std::size_t> rows, std::span<const double> weights,
        SelectContext& part)>& pick);

template <Clusterer C>
std::vector<RankedPick> pick_by_weighted_clusters(
    std::string_view who, const AnyStrategy& uncertainty, const C& clusterer,
    std::size_t most, const PoolView& pool, std::size_t budget,
    SelectContext& context) {
  return pick_by_weighted_clusters(
      who, uncertainty, most, pool, budget, context,
      [&](std::span<const std::size_t> rows, std::span<const double> weights,
          SelectContext& part) {
        return pick_by_clusters(who, clusterer, pool, rows, weights, budget,
                                part);
      });
}

}  // namespace detail

/// Diverse mini-batches: clusters what the model is unsure of, and takes the
/// sample nearest to each centroid. With s the score of `Uncertainty`
/// (`Margin`: 1 − (p(1) − p(2))), β ≥ 1 and budget b:
///
///     V = the β b candidates of largest s
///     c_1 … c_b = k-means of {h_u, u ∈ V} with weights s_u
///     pick k = argmin_{u ∈ V} ‖h_u − c_k‖ over what is not picked yet
///
/// in the order of the centroids; the score of a pick is s. What scores below 0
/// weighs nothing. With b ≥ |U| all of U is picked. Ties as in `KMeans`.
///
/// Needs embeddings `[N, D]` and what `Uncertainty` needs. Cost: O(β b² D) an
/// iteration, and that of the scores; memory: 112 bytes a candidate, 24 for
/// each of the β b that are clustered, and that of the clusterer. Asked to stop
/// before clusters are found it picks nothing. Raises `strategy.bad_param`,
/// `strategy.memory`, and what its parts raise.
///
/// F. Zhdanov, "Diverse mini-batch Active Learning", 2019.
template <class Uncertainty = Margin, class Clusters = WeightedKMeans>
class Dbal {
  static_assert(PointwiseStrategy<Uncertainty>,
                "Dbal: the uncertainty must model quarry::PointwiseStrategy, "
                "which has needs() const -> quarry::Needs and "
                "score(prediction) const -> double or score(block, out) const "
                "-> void; see docs/concepts/strategy.md");
  QUARRY_EXPECTS_CLUSTERER("Dbal", Clusters);

 public:
  using Options = DbalOptions;

  /// Raises `strategy.bad_param`.
  explicit Dbal(Options options, Uncertainty uncertainty = {},
                Clusters clusterer = {})
      : options_(options),
        uncertainty_(std::move(uncertainty)),
        clusterer_(std::move(clusterer)) {
    options_.validate();
    detail::validate(uncertainty_);
    detail::validate(clusterer_);
  }
  Dbal() : Dbal(Options()) {}

  Needs needs() const {
    return Needs{{.name = inputs::embeddings}}.merge(uncertainty_.needs());
  }
  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const {
    const std::size_t count = pool.candidates().size();
    const std::size_t most =
        budget > count / options_.beta ? count : options_.beta * budget;
    return detail::pick_by_weighted_clusters("dbal", uncertainty_, clusterer_,
                                             most, pool, budget, context);
  }

 private:
  Options options_;
  Uncertainty uncertainty_;
  Clusters clusterer_;
};

/// Clustering of uncertainty-weighted embeddings: `Dbal` without a choice
/// before it. With s the score of `Uncertainty` (`Entropy`, in nats):
///
///     c_1 … c_b = k-means of {h_u, u ∈ U} with weights s_u
///     pick k = argmin_u ‖h_u − c_k‖ over what is not picked yet
///
/// Needs, ties and errors as those of `Dbal`, and memory with all candidates
/// clustered. Cost: O(N b D) an iteration.
///
/// V. Prabhu, A. Chandrasekaran, K. Saenko & J. Hoffman, "Active Domain
/// Adaptation via Clustering Uncertainty-weighted Embeddings", ICCV 2021.
template <class Uncertainty = Entropy, class Clusters = WeightedKMeans>
class Clue {
  static_assert(PointwiseStrategy<Uncertainty>,
                "Clue: the uncertainty must model quarry::PointwiseStrategy, "
                "which has needs() const -> quarry::Needs and "
                "score(prediction) const -> double or score(block, out) const "
                "-> void; see docs/concepts/strategy.md");
  QUARRY_EXPECTS_CLUSTERER("Clue", Clusters);

 public:
  /// Raises `strategy.bad_param`.
  explicit Clue(Uncertainty uncertainty = {}, Clusters clusterer = {})
      : uncertainty_(std::move(uncertainty)), clusterer_(std::move(clusterer)) {
    detail::validate(uncertainty_);
    detail::validate(clusterer_);
  }

  Needs needs() const {
    return Needs{{.name = inputs::embeddings}}.merge(uncertainty_.needs());
  }
  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const {
    return detail::pick_by_weighted_clusters("clue", uncertainty_, clusterer_,
                                             pool.candidates().size(), pool,
                                             budget, context);
  }

 private:
  Uncertainty uncertainty_;
  Clusters clusterer_;
};

}  // namespace quarry
