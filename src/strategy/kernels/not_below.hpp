#pragma once

#include <cstddef>
#include <span>

namespace quarry::kernels {

/// Writes the places of the values that are not below the floor, NaN among
/// them, to `places`, ascending; how many they are. Fast where they are few.
/// Expects room for the places of all.
std::size_t not_below(std::span<const float> values, float floor,
                      std::size_t* places);
std::size_t not_below(std::span<const double> values, double floor,
                      std::size_t* places);

}  // namespace quarry::kernels
