#pragma once

#include <cstdint>

#include "decode/raster.hpp"

namespace quarry::detail {

/// Writes `stored`, turned upright as EXIF `orientation` 2 … 8 says, into
/// `pixels`, which has room for as many bytes.
Raster orient(const Raster& stored, int orientation, std::uint8_t* pixels);

}  // namespace quarry::detail
