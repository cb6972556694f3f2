#pragma once

#include <utility>

#include "quarry/strategy/detail/certainty.hpp"
#include "quarry/strategy/detail/expects_policy.hpp"
#include "quarry/strategy/detail/options.hpp"
#include "quarry/strategy/stream/adaptive_threshold.hpp"
#include "quarry/strategy/stream/labelling_budget.hpp"
#include "quarry/strategy/uncertainty/scores.hpp"

namespace quarry {

struct VariableUncertaintyOptions {
  /// How much of a stream may be labelled.
  LabellingBudgetOptions budget = {};
  /// Where θ begins, and how it moves.
  AdaptiveThresholdOptions threshold = {};

  /// Raises `strategy.bad_param`.
  void validate() const {
    budget.validate();
    threshold.validate();
  }
};

/// Asks for the samples of a stream that the model is least sure of at present,
/// while there is budget. With p(1) the probability of the likeliest class, and
/// spent as `LabellingBudget` counts it:
///
///     asked_t = spent_{t−1} < B and p(1) < θ
///     θ ← θ (1 − s) if asked, θ (1 + s) otherwise, while spent_{t−1} < B
///
/// Where nothing is left to spend θ stays: that sample tells nothing about it.
/// `Uncertainty` is any strategy that scores a row by u from 0 to 1
/// (`LeastConfidence`, `Margin`, `Ratio`): then 1 − u takes the place of p(1).
///
/// Needs what `Uncertainty` needs. O(C) a sample, no memory. Raises
/// `strategy.missing_input` and `strategy.bad_row`.
///
/// I. Žliobaitė, A. Bifet, B. Pfahringer & G. Holmes, "Active Learning With
/// Drifting Streaming Data", IEEE Transactions on Neural Networks and Learning
/// Systems 2014.
template <class Uncertainty = LeastConfidence>
class VariableUncertainty {
  QUARRY_EXPECTS_ROW_SCORE("VariableUncertainty", Uncertainty);

 public:
  using Options = VariableUncertaintyOptions;

  /// Raises `strategy.bad_param`.
  explicit VariableUncertainty(Options options = {},
                               Uncertainty uncertainty = {})
      : budget_(options.budget),
        threshold_(options.threshold),
        uncertainty_(std::move(uncertainty)) {
    detail::validate(uncertainty_);
  }

  static constexpr Needs needs() { return Uncertainty::needs(); }
  bool ask(const Prediction& prediction) {
    const double certainty = detail::certainty(uncertainty_, prediction);
    return budget_.count(budget_.left() && threshold_.ask(certainty));
  }
  const LabellingBudget& budget() const noexcept { return budget_; }
  const AdaptiveThreshold& threshold() const noexcept { return threshold_; }

 private:
  LabellingBudget budget_;
  AdaptiveThreshold threshold_;
  Uncertainty uncertainty_;
};

}  // namespace quarry
