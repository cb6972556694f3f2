#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "quarry/core/progress.hpp"
#include "quarry/net/network_options.hpp"
#include "quarry/net/network_stats.hpp"
#include "quarry/net/s3_options.hpp"

namespace quarry {

struct IndexShardsOptions {
  /// Where the indices go. Empty: each beside its shard, which must be here.
  std::filesystem::path out = {};
  NetworkOptions network = {};
  S3Options s3 = {};
  std::stop_token stop = {};
  ProgressHook progress = NullProgress{};

  /// Raises `net.option`.
  void validate() const;
};

/// An index that was written.
struct IndexedShard {
  std::filesystem::path file = {};  ///< the index
  std::size_t members = 0;  ///< of the shard, those that cannot be read too
  std::size_t bad = 0;      ///< of these, how many cannot be read
  std::uint64_t bytes = 0;  ///< of the shard
};

/// How it went.
struct IndexReport {
  std::vector<IndexedShard> shards = {};
  std::size_t total = 0;  ///< shards of the pool; more than `shards` only when
                          ///< the stop token or the hook asked
  NetworkStats network = {};  ///< of shards that are not here
  double seconds = 0.0;       ///< wall time

  bool is_complete() const noexcept { return shards.size() == total; }
  /// One line: "3 indices of 12,000 samples in 1.2 s".
  std::string brief_report() const;
};

/// Writes the index (`SHARD.qidx`) of every shard of a pool, `tar:PATTERN` or
/// `tfrecord:PATTERN`: where the samples are, their truths, and of tar members
/// a checksum. A pool over a network is then opened with a request or two a
/// shard, and bytes that change on the way are seen. Shards are read whole;
/// indices that are there are made anew.
///
/// Raises `source.scheme` for another kind of pool, `pack.remote` for shards on
/// a host without `out`, `source.*`, `net.*`, `s3.*`, `file.*`.
IndexReport index_shards(std::string_view pool,
                         const IndexShardsOptions& options = {});

}  // namespace quarry
