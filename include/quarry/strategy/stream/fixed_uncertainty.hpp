#pragma once

#include <utility>

#include "quarry/strategy/detail/certainty.hpp"
#include "quarry/strategy/detail/expects_policy.hpp"
#include "quarry/strategy/detail/options.hpp"
#include "quarry/strategy/stream/labelling_budget.hpp"
#include "quarry/strategy/uncertainty/scores.hpp"

namespace quarry {

struct FixedUncertaintyOptions {
  /// How much of a stream may be labelled.
  LabellingBudgetOptions budget = {};
  /// θ; finite.
  double threshold = 0.9;

  /// Raises `strategy.bad_param`.
  void validate() const;
};

/// Asks for every sample of a stream that the model is less sure of than a
/// threshold, while there is budget. With p(1) the probability of the likeliest
/// class, and spent as `LabellingBudget` counts it:
///
///     asked_t = spent_{t−1} < B and p(1) < θ
///
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
class FixedUncertainty {
  QUARRY_EXPECTS_ROW_SCORE("FixedUncertainty", Uncertainty);

 public:
  using Options = FixedUncertaintyOptions;

  /// Raises `strategy.bad_param`.
  explicit FixedUncertainty(Options options = {}, Uncertainty uncertainty = {})
      : budget_(options.budget),
        threshold_(options.threshold),
        uncertainty_(std::move(uncertainty)) {
    options.validate();
    detail::validate(uncertainty_);
  }

  static constexpr Needs needs() { return Uncertainty::needs(); }
  bool ask(const Prediction& prediction) {
    const double certainty = detail::certainty(uncertainty_, prediction);
    return budget_.count(budget_.left() && certainty < threshold_);
  }
  const LabellingBudget& budget() const noexcept { return budget_; }

 private:
  LabellingBudget budget_;
  double threshold_;
  Uncertainty uncertainty_;
};

}  // namespace quarry
