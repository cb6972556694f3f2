#include "strategy/shipped.hpp"

#include <string>

#include "quarry/strategy/combine/class_balanced.hpp"
#include "quarry/strategy/combine/epsilon_greedy.hpp"
#include "quarry/strategy/combine/partitioned.hpp"
#include "quarry/strategy/uncertainty/scores.hpp"

namespace quarry::detail {
namespace {

/// The strategy inside, which all parameters belong to that nobody has asked
/// for yet.
AnyStrategy inner_strategy(StrategyParams& params) {
  const std::string name = params.text("strategy", "margin");
  return make_strategy(name, params.take_rest());
}

AnyStrategy make_class_balanced(StrategyParams& params) {
  return ClassBalanced(inner_strategy(params));
}

AnyStrategy make_epsilon_greedy(StrategyParams& params) {
  EpsilonGreedyOptions options;
  options.epsilon = params.number("epsilon", options.epsilon, 0, 1);
  return EpsilonGreedy(inner_strategy(params), options);
}

AnyStrategy make_partitioned(StrategyParams& params) {
  const std::size_t parts = params.count("parts", 10, 1);
  return Partitioned(inner_strategy(params), parts);
}

}  // namespace

std::vector<RegisteredStrategy> combined_strategies() {
  return {
      {{.name = "class_balanced",
        .family = "combine",
        .needs = Margin::needs(),
        .summary = "what another strategy picks, as many of each predicted "
                   "class",
        .params = "strategy=margin, and its own",
        .cost = "O(N C), and that of the strategy",
        .paper = "Bengar, van de Weijer, Fuentes & Raducanu 2022"},
       make_class_balanced},
      {{.name = "epsilon_greedy",
        .family = "combine",
        .needs = Margin::needs(),
        .summary = "what another strategy picks, and now and then anything",
        .params = "epsilon=0.1 strategy=margin, and its own",
        .cost = "that of the strategy",
        .paper = "Sutton & Barto 1998",
        .stochastic = true},
       make_epsilon_greedy},
      {{.name = "partitioned",
        .family = "combine",
        .needs = Margin::needs(),
        .summary = "what another strategy picks in each of some random parts "
                   "of the pool",
        .params = "parts=10 strategy=margin, and its own",
        .cost = "that of the strategy on each part",
        .paper = "Citovsky, DeSalvo, Gentile, Karydas, Rajagopalan, "
                 "Rostamizadeh & Kumar 2021",
        .stochastic = true},
       make_partitioned},
  };
}

}  // namespace quarry::detail
