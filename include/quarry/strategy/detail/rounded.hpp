#pragma once

#include <cmath>
#include <limits>

namespace quarry::detail {

/// The nearest float that is not below x, and not above it. +∞ above the range
/// of float.
inline float rounded_up(double x) {
  const auto near = static_cast<float>(x);
  return double{near} < x
             ? std::nextafter(near, std::numeric_limits<float>::infinity())
             : near;
}
inline float rounded_down(double x) {
  return -rounded_up(-x);
}

}  // namespace quarry::detail
