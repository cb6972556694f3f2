#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "quarry/core/cache_use.hpp"
#include "quarry/core/error.hpp"

namespace quarry {

/// Where fetched objects are kept between runs. A copy is used when the host
/// says that it is still what it has (by ETag, else by Last-Modified), or a
/// listing does (of S3 its ETag, of FTP size and time), so that a run with a
/// cache reads the same bytes as one without.
///
/// - Copies are kept under their SHA-256, which is checked when they are read.
/// - Neither users, passwords, signatures nor tokens are kept. The folder is
///   for its owner alone.
/// - Several processes may use one folder at once. One that is killed leaves it
///   usable; at most what it fetched last is missing.
/// - A folder that cannot be used, or a disk that is full, never stops a run:
///   `NetworkStats::cache_failures` and `on_failure` say what is wrong.
struct ByteCacheOptions {
  /// Made where it is missing. Empty: no cache.
  std::filesystem::path directory = {};
  CacheUse use = CacheUse::on;
  /// Touches no network: what is not kept is the failure `net.offline`. Needs a
  /// directory, whose copies are then used; writes nothing.
  bool offline = false;
  /// The most that copies may take on disk, in blocks of 4 KiB. When more is
  /// needed those go that were not used for longest, until nine tenths of it
  /// are taken. Default: 16 GiB; ≥ 1.
  std::uint64_t max_bytes = std::uint64_t{16} << 30;
  /// Called with each of `NetworkStats::cache_failures`, when it is found out:
  /// from any thread, the last time while the last copy of the source goes (or
  /// soon after, where that goes in the callback of a read). It must neither
  /// throw nor ask the source anything.
  std::function<void(const Failure&)> on_failure = {};

  /// Raises `net.option` naming field, value and constraint.
  void validate() const;
};

}  // namespace quarry
