#pragma once

#include <span>
#include <string>
#include <string_view>

namespace quarry {

/// The one of `known` that a person who typed `name` probably meant: the one
/// with the fewest characters inserted, deleted, replaced or swapped with their
/// neighbour, in at most a third of `name` (at least one). Upper and lower case
/// are the same. Empty when none is near, or `name` is longer than 256
/// characters. Takes O(|name| · |candidate|) for each candidate.
std::string nearest_name(std::string_view name,
                         std::span<const std::string> known);

/// "did you mean NAME?" with the nearest name, or empty: a hint for an error.
std::string did_you_mean(std::string_view name,
                         std::span<const std::string> known);

}  // namespace quarry
