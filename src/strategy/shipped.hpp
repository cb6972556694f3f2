#pragma once

#include <vector>

#include "quarry/strategy/registry.hpp"

namespace quarry::detail {

struct RegisteredStrategy {
  StrategyInfo info;
  StrategyFactory factory;
};

/// The strategies Quarry ships.
std::vector<RegisteredStrategy> shipped_strategies();

}  // namespace quarry::detail
