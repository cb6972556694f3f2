#pragma once

/// Decoders: the bytes of a sample become one row of a slab.

#include "quarry/decode/any_decoder.hpp"    // IWYU pragma: export
#include "quarry/decode/concept.hpp"        // IWYU pragma: export
#include "quarry/decode/encode.hpp"         // IWYU pragma: export
#include "quarry/decode/image_decoder.hpp"  // IWYU pragma: export
#include "quarry/decode/image_info.hpp"     // IWYU pragma: export
#include "quarry/decode/image_size.hpp"     // IWYU pragma: export
#include "quarry/decode/raw_decoder.hpp"    // IWYU pragma: export
#include "quarry/decode/thumbnail.hpp"      // IWYU pragma: export
