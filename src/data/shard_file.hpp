#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "quarry/core/bytes.hpp"
#include "quarry/core/result.hpp"
#include "quarry/data/concept.hpp"

#include "data/remote.hpp"
#include "data/shard_pattern.hpp"

namespace quarry::detail {

/// Whether a file that begins so is no compressed one, whatever its magic
/// number looks like.
using IsPlain = std::function<bool(std::string_view head)>;

/// One file that holds many samples, read by ranges: here, through a memory
/// map, or on a host, through Range requests. A handle: copies share the map.
///
/// A file that begins like gzip, Zstandard or xz is unpacked once, when it is
/// opened, into a temporary file without a name; a remote one is fetched whole
/// for that. Offsets and sizes are those of what is unpacked. The file must not
/// change while it is open; a remote one that does fails with `shard.changed`.
class ShardFile {
 public:
  /// Opens what `expand_shards` or `local_shard` gave; waits for the network.
  /// `reader` must be prepared for the place; none is needed for a local one.
  ///
  /// Raises `file.*`, `net.*`, `s3.*`, `shard.changed`; `net.too_large` for a
  /// remote compressed file of more than `max_bytes`, packed or unpacked.
  static ShardFile open(const ShardPlace& place,
                        const std::optional<RemoteReader>& reader = {},
                        const IsPlain& is_plain = {});

  /// Its path below the folder of the pattern: what ids begin with.
  const std::string& name() const noexcept;
  /// `file:///…`, or the URL without what grants access.
  const std::string& uri() const noexcept;
  std::uint64_t size() const noexcept;
  /// All of it is on this machine: `read` waits for nothing.
  bool is_local() const noexcept;
  /// The path, or the URL: where a sidecar is looked for. `shown` for messages.
  const ShardPlace& place() const noexcept;
  std::string shown() const;
  /// The most bytes that can be read at once: what `max_bytes` allows of a
  /// remote file.
  std::uint64_t most() const noexcept;
  /// Why there is no more of a compressed file than `size()`, when it is cut
  /// off or corrupt.
  const std::optional<Failure>& damage() const noexcept;

  /// The bytes [offset, offset + count), which lie inside. Failures: those of
  /// the network, `shard.changed`.
  Result<Bytes> read(std::uint64_t offset, std::uint64_t count) const;
  /// Says that what begins there is read next, so that it is on its way.
  void expect(std::uint64_t offset) const noexcept;
  /// The same without waiting: `done` is called once, here or by the reactor.
  void read(std::uint64_t offset, std::uint64_t count, ReadDone done) const;

 private:
  struct State;
  explicit ShardFile(std::shared_ptr<const State> state);

  std::shared_ptr<const State> state_;
};

/// Reads a shard from front to back: a map as it is, a remote file in blocks of
/// 1 MiB (or what a host may send at once), none of which is fetched that
/// nothing is read of.
class ShardWindow {
 public:
  explicit ShardWindow(ShardFile file);

  /// What is at hand from `offset` on, at least a byte; none at the end.
  Result<Bytes> from(std::uint64_t offset);
  /// The bytes [offset, offset + count), which lie inside.
  Result<Bytes> read(std::uint64_t offset, std::uint64_t count);

 private:
  ShardFile file_;
  std::uint64_t most_;  ///< bytes of a block
  std::uint64_t begin_ = 0;
  Bytes block_;
};

}  // namespace quarry::detail
