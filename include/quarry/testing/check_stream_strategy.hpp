#pragma once

#include "quarry/strategy/stream/in_order.hpp"
#include "quarry/testing/check_strategy.hpp"

namespace quarry::testing {

/// Checks the laws of a stream strategy (see strategy/concept.hpp) on the pools
/// of `check_strategy`, taken for streams: it decides about a row by those
/// before it alone, copies of it answer alike, and what a pool may hold
/// (probabilities of exactly 0 and 1, one class, no row at all) is decided.
/// For one that draws give `{.stochastic = true}`: other numbers must then give
/// other answers.
template <StreamStrategy S>
LawReport check_stream_strategy(const S& strategy,
                                CheckStrategyOptions options = {}) {
  options.in_order = true;
  return check_strategy(InOrder<S>(strategy), options);
}

}  // namespace quarry::testing
