#pragma once

#include <limits>

namespace quarry::kernels {

inline constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace quarry::kernels
