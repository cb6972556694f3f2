#pragma once

#include <utility>
#include <vector>

#include "quarry/strategy/registry.hpp"

namespace quarry::detail {

struct RegisteredStrategy {
  StrategyInfo info;
  StrategyFactory factory;
};

/// A strategy without parameters.
template <class S>
RegisteredStrategy plain(StrategyInfo info) {
  info.needs = S().needs();
  return {std::move(info), [](StrategyParams&) {
            return AnyStrategy(S());
          }};
}

/// Those of strategy/adversarial, and so on.
std::vector<RegisteredStrategy> adversarial_strategies();
std::vector<RegisteredStrategy> bayesian_strategies();
std::vector<RegisteredStrategy> combined_strategies();
std::vector<RegisteredStrategy> committee_strategies();
std::vector<RegisteredStrategy> hybrid_strategies();
std::vector<RegisteredStrategy> multilabel_strategies();
std::vector<RegisteredStrategy> regression_strategies();
std::vector<RegisteredStrategy> stream_strategies();
std::vector<RegisteredStrategy> submodular_strategies();
std::vector<RegisteredStrategy> density_strategies();
/// Those that stand on distances of embeddings: of strategy/diversity, hybrid
/// and regression.
std::vector<RegisteredStrategy> embedding_strategies();

/// All strategies Quarry ships.
std::vector<RegisteredStrategy> shipped_strategies();

}  // namespace quarry::detail
