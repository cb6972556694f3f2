#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "quarry/core/bytes.hpp"

namespace quarry::detail {

/// Whether a file that begins so may be a zlib stream (RFC 1950) with the
/// window that everybody takes. Two bytes say so: other files have them, too.
bool is_zlib(std::string_view head) noexcept;

/// Takes what is unpacked, piece by piece.
using TakePiece = std::function<void(std::span<const std::byte>)>;

/// Gives `take` what zlib streams hold, one after the other, piece by piece.
/// Why there is no more of it, where they are cut off or corrupt.
std::optional<std::string> inflate_zlib(const Bytes& packed,
                                        const TakePiece& take);

}  // namespace quarry::detail
