#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "quarry/core/bytes.hpp"
#include "quarry/core/sample.hpp"
#include "quarry/data/any_source.hpp"

#include "data/shard_file.hpp"
#include "data/shard_index.hpp"

namespace quarry::detail {

/// Writes samples into shards of one format, a shard at a time. What is written
/// depends on the samples alone: no times, no users.
class ShardWriter {
 public:
  virtual ~ShardWriter() = default;

  /// Takes sample `i` for `add`. How many bytes it adds to a shard.
  virtual std::uint64_t prepare(std::size_t i, const Sample& sample,
                                const Bytes& bytes) = 0;
  /// Begins a file. It appears, under this name, when it is closed.
  virtual void open(const std::filesystem::path& file) = 0;
  /// Adds what was prepared.
  virtual void add() = 0;
  /// Ends the file and makes it durable. Its size.
  virtual std::uint64_t close() = 0;

  /// Bytes that a shard without samples has.
  virtual std::uint64_t overhead() const noexcept = 0;
  /// How the names of its shards end: ".tar".
  virtual std::string_view extension() const noexcept = 0;
  /// What shard `number` of `total` is called after the pool's name.
  virtual std::string suffix(std::size_t number, std::size_t total) const = 0;
  /// The index of a shard that it wrote.
  virtual ShardIndex index(const std::filesystem::path& file) const = 0;
};

/// Tar archives as WebDataset reads them: `KEY.jpg` and, where the truth is
/// known, `KEY.cls` before it. `source` gives the names; see `MemberNames`.
std::unique_ptr<ShardWriter> tar_writer(const AnySource& source);

/// TFRecord files of tf.Example messages: image/encoded, image/format where it
/// is known, image/filename, the id, and image/class/text, the truth.
std::unique_ptr<ShardWriter> tfrecord_writer();

/// `index` with the checksum of every member, which is read for it. Raises what
/// reading raises.
ShardIndex with_checksums(const ShardIndex& index, const ShardFile& file);

}  // namespace quarry::detail
