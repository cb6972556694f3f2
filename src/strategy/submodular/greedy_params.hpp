#pragma once

#include "quarry/strategy/params.hpp"
#include "quarry/strategy/submodular/greedy.hpp"

namespace quarry::detail {

/// From `optimizer` and, for the random ones, `epsilon`.
GreedyOptions greedy_options(StrategyParams& params);

}  // namespace quarry::detail
