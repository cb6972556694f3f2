#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "quarry/strategy/concept.hpp"

namespace quarry {

struct BimOptions {
  /// ε: how far each element of the input moves in a step; finite, > 0.
  double step = 0.05;
  /// Steps of a sample at most, ≥ 1. One that is of its class still scores −∞.
  std::size_t max_iterations = 50;

  /// Raises `strategy.bad_param`.
  void validate() const;
};

/// The basic iterative method: samples that few steps of a fixed size take to
/// another class. With y the class that the sample x is predicted to be of,
///
///     x ← x + ε sign(∇_x −ln p_y)  until y is no longer the likeliest
///     score = −‖Σ steps‖
///
/// in the units of the network's input, after preprocessing; sign(0) = 0, and
/// the gradient does not vanish where p_y is 1. A sample on the boundary (see
/// `DeepFool`) scores 0. One that is not across after `max_iterations` steps,
/// does not move, or is of the only class, scores −∞: after all others. Scores
/// take few values, about ε √P times whole numbers for P elements, so that many
/// tie: `DeepFool` tells more.
///
/// Needs `bim_norms` `[N]`, the norms ‖Σ steps‖, which a pipeline has a
/// `DifferentiableModel` compute batch by batch; or the same as an array.
/// Score O(N). The model computes, for each step of a sample, one
/// vector–Jacobian product, and its logits once.
///
/// A. Kurakin, I. Goodfellow & S. Bengio, "Adversarial examples in the physical
/// world", ICLR Workshop 2017.
class Bim : public AttackWise<Bim> {
 public:
  static constexpr std::string_view input = inputs::bim_norms;

  /// Raises `strategy.bad_param`.
  explicit Bim(const BimOptions& options = {});

  Attack attack() const;
  void score(const PredictionBlock& block, std::span<double> out) const;

 private:
  BimOptions options_;
};

}  // namespace quarry
