#pragma once

#include <cstdint>
#include <filesystem>

namespace quarry {

/// What a folder of copies holds; see `ByteCacheOptions::directory`.
struct ByteCacheContents {
  std::uint64_t copies = 0;
  std::uint64_t bytes = 0;    ///< of the copies
  std::uint64_t damaged = 0;  ///< of those that were read
};

/// Looks into a folder of copies; with `verify` every copy is read and held
/// against its SHA-256. Nothing is there: all zero. Raises `cache.corrupt`,
/// `cache.unusable`.
ByteCacheContents inspect_byte_cache(const std::filesystem::path& directory,
                                     bool verify = false);

/// Removes all copies. Raises `cache.write`.
void clear_byte_cache(const std::filesystem::path& directory);

}  // namespace quarry
