#pragma once

#include <cstddef>
#include <vector>

#include "quarry/core/random.hpp"
#include "quarry/strategy/any_strategy.hpp"

namespace quarry::detail {

/// What either needs, each input once.
Needs united(Needs needs, const Needs& more);

/// The pool with other candidates, ascending.
PoolView with_candidates(const PoolView& pool,
                         std::vector<std::size_t> candidates);
std::size_t bytes_of_with_candidates(const PoolView& pool);

/// The candidates in a random order, which depends on the stream's seed and on
/// the keys alone.
std::vector<std::size_t> in_random_order(const PoolView& pool,
                                         const RandomStream& random);

}  // namespace quarry::detail
