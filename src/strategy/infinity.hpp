#pragma once

#include <limits>

namespace quarry {

inline constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace quarry
