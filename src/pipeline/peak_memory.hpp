#pragma once

#include <cstddef>

namespace quarry::detail {

/// The most resident bytes the process ever had.
std::size_t peak_memory() noexcept;

}  // namespace quarry::detail
