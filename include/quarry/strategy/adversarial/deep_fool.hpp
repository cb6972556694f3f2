#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "quarry/strategy/concept.hpp"

namespace quarry {

struct DeepFoolOptions {
  /// Steps of a sample at most, ≥ 1. One that is of its class still scores −∞.
  std::size_t max_iterations = 50;

  /// Raises `strategy.bad_param`.
  void validate() const;
};

/// Samples close to the boundary of the class that they are predicted to be of,
/// however sure the model is. With logits z, y their largest at the sample, and
/// for each other class l the difference f_l = z_l − z_y and its gradient w_l
/// by the network's input x:
///
///     l = argmin |f_l| / ‖w_l‖,  r = |f_l| / ‖w_l‖² w_l,  x ← x + r
///     until z_y is no longer the largest;  score = −‖Σ r‖²
///
/// in the units of the network's input, after preprocessing. Classes whose w_l
/// is 0 are left out. A row is across once at most 1e-4 of the first margin
/// min_l |f_l| is left, or 1e-6 of the largest logit, where single precision
/// says no more: so one step is enough for a linear model. A sample on the
/// boundary scores 0. One that is not across after `max_iterations` steps, has
/// no way to go, or is of the only class, scores −∞: after all others.
///
/// Needs `deep_fool_norms` `[N]`, the norms ‖Σ r‖, which a pipeline has a
/// `DifferentiableModel` compute batch by batch; or the same as an array.
/// Score O(N). The model computes, for each step of a sample, C − 1
/// vector–Jacobian products and its logits once; memory for three batches of
/// inputs each executor.
///
/// M. Ducoffe & F. Precioso, "Adversarial Active Learning for Deep Networks: a
/// Margin Based Approach", arXiv 2018; after S.-M. Moosavi-Dezfooli, A. Fawzi &
/// P. Frossard, "DeepFool: a simple and accurate method to fool deep neural
/// networks", CVPR 2016.
class DeepFool : public AttackWise<DeepFool> {
 public:
  static constexpr std::string_view input = inputs::deep_fool_norms;

  /// Raises `strategy.bad_param`.
  explicit DeepFool(const DeepFoolOptions& options = {});

  Attack attack() const;
  void score(const PredictionBlock& block, std::span<double> out) const;

 private:
  DeepFoolOptions options_;
};

}  // namespace quarry
