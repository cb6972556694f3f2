#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "quarry/strategy/pool_view.hpp"

namespace quarry::detail {

/// The cluster of each of `rows`, from the input `clusters` `[N]`: whole
/// numbers from 0 of any dtype. Raises `strategy.input_shape`, and
/// `strategy.bad_row` for a row whose number is not one.
std::vector<std::int64_t> given_clusters(const PoolView& pool,
                                         std::span<const std::size_t> rows);

}  // namespace quarry::detail
