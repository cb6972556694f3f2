#pragma once

#include <cstddef>
#include <optional>

#include "quarry/core/random.hpp"
#include "quarry/strategy/pool_view.hpp"

namespace quarry::detail {

/// The Gumbel number of each row: given with the pool as `gumbel`, or drawn by
/// the key of the row. The b largest of ln w_i + g_i are b rows drawn without
/// replacement, each with probability in proportion to w.
class Gumbel {
 public:
  /// Raises `strategy.input_shape`, and `strategy.bad_row` when the number of a
  /// candidate is not finite.
  Gumbel(const PoolView& pool, const RandomStream& random);

  double of(std::size_t row) const;

 private:
  const PoolView& pool_;
  RandomStream random_;
  std::optional<ArrayView> given_;
};

}  // namespace quarry::detail
