#pragma once

#include <span>
#include <string>
#include <string_view>

namespace quarry::detail {

/// The least number of characters inserted, deleted, replaced or swapped with
/// their neighbour that turns `a` into `b` (optimal string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The one of `known` that `name` was probably meant to be: at most a third of
/// its characters (at least one) differ. Empty when there is none.
std::string nearest(std::string_view name, std::span<const std::string> known);

}  // namespace quarry::detail
