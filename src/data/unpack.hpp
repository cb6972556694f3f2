#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "quarry/core/bytes.hpp"
#include "quarry/core/error.hpp"

namespace quarry::detail {

/// Whether a file that begins so is gzip, Zstandard or xz.
bool is_packed(std::string_view head) noexcept;

struct Unpacked {
  Bytes bytes;
  /// Why there are no more of them: the packed file is cut off or corrupt.
  std::optional<Failure> damage = std::nullopt;
};

constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();

/// What a file holds that is compressed so, or with zlib, in a temporary file
/// that goes with the bytes. Raises `file.write`, and `net.too_large` for more
/// than `most` bytes.
Unpacked unpack_shard(const Bytes& packed, std::uint64_t most,
                      const std::string& shown);

}  // namespace quarry::detail
