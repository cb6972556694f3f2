#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "quarry/strategy/detail/expects_policy.hpp"
#include "quarry/strategy/detail/row_scores.hpp"
#include "quarry/strategy/submodular/facility_location.hpp"
#include "quarry/strategy/uncertainty/scores.hpp"

namespace quarry {

/// Facility location over the mean of V instead of its sum.
class MaxHerdingFunction : public FacilityLocationFunction {
 public:
  static constexpr const char* name = "max_herding";
  MaxHerdingFunction(const Similarity& similarity, Options, std::size_t threads)
      : FacilityLocationFunction(
            similarity,
            std::vector<double>(similarity.size(),
                                1.0 / static_cast<double>(similarity.size())),
            threads) {}
};

/// The same, where a row of V counts as much as it is uncertain.
template <class Uncertainty>
class UncertaintyHerdingFunction : public FacilityLocationFunction {
  QUARRY_EXPECTS_ROW_SCORE("UncertaintyHerding", Uncertainty);

 public:
  static constexpr const char* name = "uncertainty_herding";
  using Options = Uncertainty;
  UncertaintyHerdingFunction(const Similarity& similarity,
                             const Uncertainty& uncertainty,
                             const PoolView& pool, const SelectContext& context)
      : FacilityLocationFunction(similarity,
                                 weights(similarity, uncertainty, pool),
                                 context.threads) {}
  static constexpr Needs needs() {
    return Needs{{.name = inputs::embeddings, .instead = inputs::similarity}}
        .merge(Uncertainty::needs());
  }

 private:
  static std::vector<double> weights(const Similarity& similarity,
                                     const Uncertainty& uncertainty,
                                     const PoolView& pool) {
    std::vector<double> weights =
        detail::scores_of(uncertainty, pool, similarity.ground());
    for (double& weight : weights) {
      weight = std::max(weight, 0.0) / static_cast<double>(weights.size());
    }
    return weights;
  }
};

/// Covers the pool by a kernel: each pick is what most raises the mean, over
/// all that is known of the pool, of how like a row is to the nearest one that
/// is labelled or picked. With V the candidates and labelled rows:
///
///     next = argmax_x (1/|V|) Σ_{u ∈ V} max(k(u, x) − max_{s ∈ L ∪ S} k(u, s),
///                                           0),  score = that mean
///
/// The kernel is `RbfKernel`, exp(−‖u − x‖² / σ²) of rows of length 1, unless
/// told otherwise. `Maximise` of facility location: cost and memory are those.
///
/// W. Bae, D. J. Sutherland & J. Noh, "Generalized Coverage for More Robust
/// Low-Budget Active Learning", ECCV 2024.
template <class Kernel = RbfKernel>
using MaxHerding = Maximise<MaxHerdingFunction, Kernel>;

/// Covers what the model is unsure of: as `MaxHerding`, where each row u of V
/// counts by its uncertainty, labelled ones too:
///
///     next = argmax_x (1/|V|) Σ_{u ∈ V} U(u) max(k(u, x) − max_{s ∈ L ∪ S}
///                                                k(u, s), 0)
///
/// `Uncertainty` is `Margin` unless told otherwise, of probabilities that are
/// calibrated; what scores below 0 weighs nothing. Needs what it needs besides,
/// and raises `strategy.bad_score`.
///
/// W. Bae, G. L. Oliveira & D. J. Sutherland, "Uncertainty Herding: One Active
/// Learning Method for All Label Budgets", ICLR 2025.
template <class Uncertainty = Margin, class Kernel = RbfKernel>
using UncertaintyHerding =
    Maximise<UncertaintyHerdingFunction<Uncertainty>, Kernel>;

}  // namespace quarry
