#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "quarry/core/result.hpp"
#include "quarry/core/sample.hpp"
#include "quarry/net/network_stats.hpp"
#include "quarry/net/s3_options.hpp"

#include "data/read_ahead.hpp"
#include "data/remote.hpp"
#include "data/shard_file.hpp"
#include "data/shard_index.hpp"

namespace quarry::detail {

/// What a member is to the pool.
enum class MemberRole {
  sample,
  companion,  ///< says something of samples
  ignored,
};

/// What a kind of shards knows of them.
struct ShardKind {
  /// "tar": what its sidecars say.
  std::string name;
  /// Finds the members of a shard that has no sidecar; from several threads.
  /// Raises what is wrong with all of it.
  std::function<ShardIndex(const ShardFile&)> scan;
  /// What a member of that name is; empty: every one is a sample.
  std::function<MemberRole(std::string_view member)> role = {};
  /// Makes the sample's bytes of the member's; empty: they are the same. From
  /// many threads. The failure's message need not name the member.
  std::function<Result<Bytes>(Bytes member)> unwrap = {};
  /// See `ShardFile`.
  IsPlain is_plain = {};
  /// Whether a sidecar says the same as `scan`.
  bool uses_sidecars = true;
};

/// The index of one shard: its sidecar's where there is one, else what
/// `kind.scan` finds. Raises `shard.index` and what that raises.
ShardIndex index_of(const ShardFile& file, const ShardKind& kind,
                    const std::optional<RemoteReader>& reader = {});

/// The members of all shards of a pattern as one pool, in the order of the
/// shards. What `TarSource` and `TfRecordSource` are made of.
///
/// - id: `shard#member`; uri: that of the shard and `#member`.
/// - Members of remote shards that are read in their order come many to a
///   request.
/// - A member whose checksum the index has and whose bytes have another fails
///   with `shard.corrupt`.
///
/// Raises what `expand_shards`, `ShardFile::open` and `index_of` raise, and
/// `source.duplicate_id` naming the two members.
class ShardSet {
 public:
  ShardSet(std::string_view pattern, ShardKind kind,
           const NetworkOptions& network, const S3Options& s3);

  std::size_t size() const noexcept { return size_; }
  Sample sample(std::size_t i) const;
  /// The name of sample `i` in its shard.
  std::string_view member_name(std::size_t i) const;
  Result<Bytes> read(std::size_t i) const;
  void read_async(std::size_t i, ReadDone done) const;
  /// Whether anything is read over a network.
  bool is_async() const noexcept { return is_async_; }

  /// Entries of the shards that are no samples.
  std::size_t ignored() const noexcept { return ignored_; }
  NetworkStats network() const;

 private:
  struct Shard {
    ShardFile file;
    ShardIndex index;
    std::size_t first = 0;  ///< of its samples, in the pool
  };
  struct Found {
    const Shard& shard;
    std::size_t member = 0;
  };

  Found find(std::size_t i) const;
  void read_remote(std::size_t i, const Found& found, ReadDone done) const;
  void plan_reading();
  void open(const std::vector<ShardPlace>& places);
  Shard open_one(const ShardPlace& place) const;
  void refuse_duplicates() const;

  std::shared_ptr<const ShardKind> kind_;
  std::optional<RemoteReader> reader_;
  std::vector<Shard> shards_;
  std::shared_ptr<ReadAhead> ahead_;  ///< of remote shards, if there are any
  std::size_t size_ = 0;
  std::size_t ignored_ = 0;
  bool is_async_ = false;
};

}  // namespace quarry::detail
