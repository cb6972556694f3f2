#pragma once

#include <cstddef>

#include "quarry/core/bytes.hpp"
#include "quarry/core/result.hpp"

namespace quarry {

struct ThumbnailOptions {
  /// Pixels of the longer side, or its own if that is less; 1 … 65,500.
  std::size_t max_side = 160;
  int quality = 80;  ///< libjpeg's; 1 … 100
};

/// A small upright JPEG of an encoded image, for reports. Alpha is laid over
/// white.
///
/// Failures: those of `ImageDecoder`. Time: a decode, of large JPEGs at a
/// fraction of their size.
Result<Bytes> make_thumbnail(const Bytes& bytes,
                             const ThumbnailOptions& options = {});

}  // namespace quarry
