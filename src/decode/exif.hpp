#pragma once

#include <cstddef>
#include <span>

namespace quarry::detail {

/// The orientation 1 … 8 in an EXIF block (a TIFF header and what follows); 1
/// when there is none, when it is out of range, or when the block is broken.
int exif_orientation(std::span<const std::byte> tiff) noexcept;

}  // namespace quarry::detail
