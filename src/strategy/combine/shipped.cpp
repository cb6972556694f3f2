#include "strategy/shipped.hpp"

#include "quarry/strategy/combine/epsilon_greedy.hpp"
#include "quarry/strategy/uncertainty/scores.hpp"

namespace quarry::detail {
namespace {

AnyStrategy make_epsilon_greedy(StrategyParams& params) {
  EpsilonGreedyOptions options;
  options.epsilon = params.number("epsilon", options.epsilon, 0, 1);
  return EpsilonGreedy(make_strategy(params.text("strategy", "margin")),
                       options);
}

}  // namespace

std::vector<RegisteredStrategy> combined_strategies() {
  return {
      {{.name = "epsilon_greedy",
        .family = "combine",
        .needs = Margin::needs(),
        .summary = "what another strategy picks, and now and then anything",
        .params = "strategy=margin epsilon=0.1",
        .cost = "that of the strategy",
        .paper = "Sutton & Barto 1998",
        .stochastic = true},
       make_epsilon_greedy},
  };
}

}  // namespace quarry::detail
