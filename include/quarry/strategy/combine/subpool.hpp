#pragma once

#include <cstddef>
#include <vector>

#include "quarry/strategy/any_strategy.hpp"

namespace quarry {

/// Lets a strategy choose from a random part of the pool: from so many
/// candidates, or from as many as the budget where that is more. The seed
/// decides which; they do not depend on the order of the pool.
///
/// Needs what the strategy needs. Cost: that of the strategy on the part;
/// memory: that of the strategy, and 32 bytes a candidate. Asked to stop it
/// picks nothing.
class Subpool {
 public:
  /// Expects rows ≥ 1.
  Subpool(AnyStrategy strategy, std::size_t rows);

  Needs needs() const { return strategy_.needs(); }
  std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                                 SelectContext& context) const;

 private:
  AnyStrategy strategy_;
  std::size_t rows_;
};

}  // namespace quarry
