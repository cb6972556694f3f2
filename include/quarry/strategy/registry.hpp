#pragma once

#include <concepts>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "quarry/strategy/any_strategy.hpp"
#include "quarry/strategy/params.hpp"

namespace quarry {

/// What a person choosing a strategy is told about it.
struct StrategyInfo {
  std::string name;          ///< unique, lower snake case
  std::string family = {};   ///< "uncertainty", "diversity", …
  Needs needs = {};          ///< filled in by `register_strategy<S>`
  std::string summary = {};  ///< what it picks, in a line
  std::string params = {};   ///< "key=default …", empty when it has none
  std::string cost = {};     ///< "O(N C)"
  std::string paper = {};    ///< authors and year
  bool stochastic = false;   ///< another seed, other picks
};

/// Makes a strategy from its parameters. Asks them for everything it knows.
using StrategyFactory = std::function<AnyStrategy(StrategyParams&)>;

/// Makes a strategy available by name, for the life of the program. Raises
/// `strategy.duplicate` when the name is taken. Expects a name in lower snake
/// case. From any thread.
void register_strategy(StrategyInfo info, StrategyFactory factory);

/// The same for a type of yours that has no parameters:
///
///     quarry::register_strategy<Doubt>({.name = "doubt"});
template <std::default_initializable S>
void register_strategy(StrategyInfo info) {
  info.needs = S().needs();
  register_strategy(std::move(info),
                    [](StrategyParams&) { return AnyStrategy(S()); });
}

/// The strategy called `name`. Raises `strategy.unknown`, suggesting the
/// nearest name, and `strategy.unknown_param` and `strategy.bad_param`.
AnyStrategy make_strategy(std::string_view name, StrategyParams params = {});

/// All strategies there are, shipped and registered, by name.
std::vector<StrategyInfo> strategies();

}  // namespace quarry
