#pragma once

#include <cstddef>
#include <vector>

#include "quarry/core/random.hpp"
#include "quarry/strategy/any_strategy.hpp"

namespace quarry::detail {

/// The picks, none where it was asked to stop: the best of what a pointwise
/// strategy has seen is not the best of the pool.
std::vector<RankedPick> all_or_none(RankedPicks picks);

/// The candidates in a random order, which depends on the stream's seed and on
/// the keys alone.
std::vector<std::size_t> in_random_order(const PoolView& pool,
                                         const RandomStream& random);

/// A part of the pool, and how many picks it is to give.
struct Share {
  std::vector<std::size_t> rows = {};  ///< candidates, ascending
  std::size_t budget = 0;              ///< at most as many
};

/// What the strategy picks in each part by itself, in turns: the first pick of
/// each, the second of each, and so on. Part i draws from a stream of its own.
/// Asked to stop before all have chosen it picks nothing. Takes 32 bytes a
/// pick.
std::vector<RankedPick> pick_in_turns(const AnyStrategy& strategy,
                                      const PoolView& pool,
                                      std::vector<Share> shares,
                                      const RandomStream& random,
                                      SelectContext& context);

}  // namespace quarry::detail
