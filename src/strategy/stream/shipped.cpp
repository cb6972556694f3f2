#include "strategy/shipped.hpp"

#include <string>
#include <utility>

#include "quarry/strategy/stream/fixed_uncertainty.hpp"
#include "quarry/strategy/stream/in_order.hpp"
#include "quarry/strategy/stream/split.hpp"
#include "quarry/strategy/stream/variable_uncertainty.hpp"

namespace quarry::detail {
namespace {

/// Calls `make` with the uncertainty that the parameter names: one from 0 to 1.
auto with_uncertainty(StrategyParams& params, const auto& make) {
  const std::string name =
      params.one_of("uncertainty", "least_confidence",
                    {"least_confidence", "margin", "ratio"});
  if (name == "margin") return make(Margin());
  if (name == "ratio") return make(Ratio());
  return make(LeastConfidence());
}

LabellingBudgetOptions budget_of(StrategyParams& params) {
  LabellingBudgetOptions options;
  options.fraction = params.number("fraction", options.fraction);
  options.window = params.number("window", options.window);
  return options;
}

AdaptiveThresholdOptions threshold_of(StrategyParams& params) {
  AdaptiveThresholdOptions options;
  options.start = params.number("start", options.start);
  options.step = params.number("step", options.step);
  return options;
}

AnyStrategy make_fixed(StrategyParams& params) {
  FixedUncertaintyOptions options{.budget = budget_of(params)};
  options.threshold = params.number("threshold", options.threshold);
  return with_uncertainty(params, [&]<class U>(const U&) {
    return AnyStrategy(InOrder(FixedUncertainty<U>(options)));
  });
}

AnyStrategy make_variable(StrategyParams& params) {
  const VariableUncertaintyOptions options{.budget = budget_of(params),
                                           .threshold = threshold_of(params)};
  return with_uncertainty(params, [&]<class U>(const U&) {
    return AnyStrategy(InOrder(VariableUncertainty<U>(options)));
  });
}

AnyStrategy make_split(StrategyParams& params) {
  SplitOptions options{.budget = budget_of(params),
                       .threshold = threshold_of(params)};
  options.random = params.number("random", options.random);
  return with_uncertainty(params, [&]<class U>(const U&) {
    return AnyStrategy(InOrder(Split<U>(options)));
  });
}

StrategyInfo about(const char* name, const char* summary,
                   const std::string& params) {
  return {.name = name,
          .family = "stream",
          .needs = LeastConfidence::needs(),
          .summary = summary,
          .params = "fraction=0.1 window=100 " + params +
                    " uncertainty=least_confidence|margin|ratio",
          .cost = "O(N C), in the order of rows",
          .paper = "Zliobaite, Bifet, Pfahringer & Holmes 2014"};
}

}  // namespace

std::vector<RegisteredStrategy> stream_strategies() {
  const std::string moving = "start=1 step=0.01";
  StrategyInfo split =
      about("split",
            "what variable_uncertainty asks for, and now and then "
            "anything",
            moving + " random=0.2");
  split.stochastic = true;
  return {
      {about("fixed_uncertainty",
             "what is less sure than a threshold as it comes by, within a "
             "labelling budget",
             "threshold=0.9"),
       make_fixed},
      {std::move(split), make_split},
      {about("variable_uncertainty",
             "the same, with a threshold that follows the stream", moving),
       make_variable},
  };
}

}  // namespace quarry::detail
