#include "strategy/shipped.hpp"

#include "quarry/strategy/adversarial/bim.hpp"
#include "quarry/strategy/adversarial/deep_fool.hpp"

namespace quarry::detail {
namespace {

AnyStrategy make_deep_fool(StrategyParams& params) {
  DeepFoolOptions options;
  options.max_iterations =
      params.count("max_iterations", options.max_iterations, 1);
  return DeepFool(options);
}

AnyStrategy make_bim(StrategyParams& params) {
  BimOptions options;
  options.step = params.number("step", options.step);
  options.max_iterations =
      params.count("max_iterations", options.max_iterations, 1);
  return Bim(options);
}

}  // namespace

std::vector<RegisteredStrategy> adversarial_strategies() {
  return {
      {{.name = "deep_fool",
        .family = "adversarial",
        .needs = DeepFool().needs(),
        .summary = "-||r||^2: a small change of the sample, towards the "
                   "nearest boundary, makes it another class",
        .params = "max_iterations=50",
        .cost = "O(N); model: C gradients a step",
        .paper = "Ducoffe & Precioso 2018"},
       make_deep_fool},
      {{.name = "bim",
        .family = "adversarial",
        .needs = Bim().needs(),
        .summary = "-||r||: few steps of signs of the gradient make the "
                   "sample another class",
        .params = "step=0.05 max_iterations=50",
        .cost = "O(N); model: a gradient a step",
        .paper = "Kurakin, Goodfellow & Bengio 2017"},
       make_bim},
  };
}

}  // namespace quarry::detail
