#pragma once

#include <cstdint>
#include <span>

#include "quarry/strategy/pool_view.hpp"

namespace quarry::detail {

/// The classes of the labelled rows, −1 where unknown; nothing where there are
/// no labelled rows. Raises `strategy.missing_input` when not one of theirs is
/// known.
std::span<const std::int64_t> known_labels(const PoolView& pool);

}  // namespace quarry::detail
