#pragma once

#include <limits>

namespace quarry::detail {

inline constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace quarry::detail
