#pragma once

#include <cstddef>
#include <cstdint>

#include "decode/placement.hpp"
#include "decode/raster.hpp"

namespace quarry::detail {

/// Computes the crop of the resized image: `y.count` rows of `x.count` pixels,
/// `stride` bytes apart, at `out`, and not a byte outside of them. Of the
/// source only pixels that the crop needs are read. `rows` holds what lies
/// between the two passes.
///
/// Cost: O(rows needed · x.count · taps + y.count · x.count · taps), where an
/// axis has about 2 · max(1, source / resized) taps.
void resample(const Raster& source, const Axis& x, const Axis& y, Buffer& rows,
              std::uint8_t* out, std::size_t stride);

}  // namespace quarry::detail
