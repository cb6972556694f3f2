#pragma once

#include <cstddef>

#include "quarry/core/bytes.hpp"
#include "quarry/core/result.hpp"

namespace quarry {

/// A small upright JPEG of an encoded image, for reports: its longer side has
/// `max_side` pixels (1 … 65,500), or its own if that is less. Alpha is laid
/// over white.
///
/// Failures: those of `ImageDecoder`. Time: a decode, of large JPEGs at a
/// fraction of their size.
Result<Bytes> make_thumbnail(const Bytes& bytes, std::size_t max_side = 160,
                             int quality = 80);

}  // namespace quarry
