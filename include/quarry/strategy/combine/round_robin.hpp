#pragma once

#include <cstddef>
#include <vector>

#include "quarry/strategy/any_strategy.hpp"

namespace quarry {

/// Lets strategies pick in turn: each gives the first of its picks that no
/// other has given. The score of a pick is that of the strategy that gave it,
/// so that scores of neighbours are not comparable.
///
/// Each is asked for the whole budget, and does not know what others pick. One
/// that has no more picks is passed over; the others fill up the budget. Needs
/// what all of them need. Their cost; memory: that of the dearest, 16 bytes a
/// pick of each and of all, and a bit a row. Asked to stop before all have
/// chosen it picks nothing.
class RoundRobin {
 public:
  /// Expects at least one.
  explicit RoundRobin(std::vector<AnyStrategy> strategies);

  Needs needs() const;
  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const;

 private:
  std::vector<AnyStrategy> strategies_;
};

}  // namespace quarry
