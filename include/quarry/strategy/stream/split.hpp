#pragma once

#include <functional>
#include <utility>

#include "quarry/core/random.hpp"
#include "quarry/strategy/detail/certainty.hpp"
#include "quarry/strategy/detail/expects_policy.hpp"
#include "quarry/strategy/detail/options.hpp"
#include "quarry/strategy/stream/adaptive_threshold.hpp"
#include "quarry/strategy/stream/labelling_budget.hpp"
#include "quarry/strategy/uncertainty/scores.hpp"

namespace quarry {

struct SplitOptions {
  /// How much of a stream may be labelled.
  LabellingBudgetOptions budget = {};
  /// Where θ begins, and how it moves.
  AdaptiveThresholdOptions threshold = {};
  /// ν: the part of the samples that chance decides about; from 0 to 1.
  double random = 0.2;

  /// Raises `strategy.bad_param`.
  void validate() const;
};

/// Splits a stream: about a fraction ν of it chance decides, so that a change
/// is noticed where the model is sure of itself; about the rest
/// `VariableUncertainty` does. With ξ and η uniform in [0, 1), and spent as
/// `LabellingBudget` counts it:
///
///     asked_t = spent_{t−1} < B and  η < B       if ξ < ν
///                                    p(1) < θ    otherwise, which moves θ
///
/// ξ is drawn for each sample while there is budget, η where ξ < ν: numbers of
/// `draw_from`, or of a stream of its own. `Uncertainty` is any strategy that
/// scores a row by u from 0 to 1 (`LeastConfidence`, `Margin`, `Ratio`): then
/// 1 − u takes the place of p(1).
///
/// Needs what `Uncertainty` needs. O(C) a sample, no memory. Raises
/// `strategy.missing_input` and `strategy.bad_row`.
///
/// I. Žliobaitė, A. Bifet, B. Pfahringer & G. Holmes, "Active Learning With
/// Drifting Streaming Data", IEEE Transactions on Neural Networks and Learning
/// Systems 2014.
template <class Uncertainty = LeastConfidence>
class Split {
  QUARRY_EXPECTS_ROW_SCORE("Split", Uncertainty);

 public:
  using Options = SplitOptions;

  /// Raises `strategy.bad_param`.
  explicit Split(Options options = {}, RandomStream random = RandomStream(0),
                 Uncertainty uncertainty = {})
      : budget_(options.budget),
        threshold_(options.threshold),
        random_(options.random),
        uniform_([random]() mutable { return random.uniform(); }),
        uncertainty_(std::move(uncertainty)) {
    options.validate();
    detail::validate(uncertainty_);
  }

  static constexpr Needs needs() { return Uncertainty::needs(); }
  /// Copies of this draw from copies of `uniform`.
  void draw_from(std::function<double()> uniform) {
    uniform_ = std::move(uniform);
  }
  bool ask(const Prediction& prediction) {
    const double certainty = detail::certainty(uncertainty_, prediction);
    if (!budget_.left()) return budget_.count(false);
    const bool by_chance = uniform_() < random_;
    return budget_.count(by_chance ? uniform_() < budget_.fraction()
                                   : threshold_.ask(certainty));
  }
  const LabellingBudget& budget() const noexcept { return budget_; }
  const AdaptiveThreshold& threshold() const noexcept { return threshold_; }

 private:
  LabellingBudget budget_;
  AdaptiveThreshold threshold_;
  double random_;
  std::function<double()> uniform_;
  Uncertainty uncertainty_;
};

}  // namespace quarry
