#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "quarry/core/bad_sample.hpp"
#include "quarry/core/error_policy.hpp"
#include "quarry/core/progress.hpp"
#include "quarry/data/any_source.hpp"

namespace quarry {

/// What `pack` writes.
enum class PackFormat {
  tar,       ///< `NAME-000000.tar`, as WebDataset reads it
  tfrecord,  ///< `NAME-00000-of-00010.tfrecord`, of tf.Example messages
};

struct PackOptions {
  PackFormat format = PackFormat::tar;
  /// The folder of the shards; made where it is missing.
  std::filesystem::path out = {};
  /// How their names begin: letters, digits, `.`, `_` and `-`, no dot first.
  std::string name = "pool";
  /// A shard has at most so many bytes, or one sample. Default: 256 MB; ≥ 1.
  std::uint64_t shard_bytes = 256'000'000;
  /// A shard has at most so many samples; 0: any number.
  std::size_t shard_samples = 0;
  /// Samples read at once, at most 4,096: threads, for a source that blocks;
  /// open requests, for an `AsyncSource`. 0: as many threads as there are
  /// cores, but at least 4; 64 requests.
  std::size_t reads = 0;
  /// Bytes read and not yet written, at least 1. What is being read when the
  /// limit is reached may exceed it.
  std::size_t waiting_bytes = std::size_t{256} << 20;
  /// A sample that cannot be read is left out.
  ErrorPolicy errors = {};
  /// Told of every sample that is left out, in the order of the pool, also
  /// where too many of them end it.
  std::function<void(const BadSample&)> left_out = {};
  std::stop_token stop = {};
  ProgressHook progress = NullProgress{};

  /// Raises `pack.option` naming field, value and constraint.
  void validate() const;
};

/// A file that was written.
struct PackedShard {
  std::filesystem::path file = {};
  std::size_t samples = 0;
  std::uint64_t bytes = 0;
};

/// Why packing ended.
enum class PackEnd {
  complete,
  cancelled,  ///< the stop token or the hook asked; nothing was written
};
std::string_view name_of(PackEnd end) noexcept;

/// How packing went.
struct PackReport {
  PackEnd ended = PackEnd::complete;
  std::vector<PackedShard> shards = {};
  std::size_t samples = 0;  ///< of the pool
  std::size_t packed = 0;   ///< of these, how many are in the shards
  std::vector<BadSample> failures = {};  ///< those left out, by index
  std::uint64_t bytes_read = 0;          ///< of samples
  std::uint64_t bytes_written = 0;       ///< of shards
  double seconds = 0.0;                  ///< wall time

  /// One line: "9,990 of 10,000 samples in 4 shards of 21.5 MB, 1.2 s".
  std::string brief_report() const;
  /// Several: the line above, what was left out by reason, the shards.
  std::string full_report() const;
};

/// Writes a pool into a few large files, which are read faster than many small
/// ones, above all over a network, with an index beside each (`SHARD.qidx`).
/// `TarSource` and `TfRecordSource` read them.
///
/// - In the order of the source, and the same bytes for the same samples.
/// - tar: a sample is `KEY.jpg`, by its id; see docs/reference/formats.md for
///   ids that are no paths. Its truth, where it is known, is `KEY.cls`.
/// - TFRecord: image/encoded, image/format (`jpeg`, `png`), image/filename (the
///   id) and image/class/text (the truth).
/// - The shards take their names when all of them are written and durable:
///   what stops it, a full disk for one, leaves none of them behind.
///
/// Raises `pack.option`; `pack.exists` when shards of that name are there;
/// `pack.empty`; `pack.bad_sample`, `pack.too_many_bad` and `pack.all_alike` as
/// `errors` says; `file.write`; and what is wrong with the run and not with a
/// sample (`net.*`, `s3.*`).
PackReport pack(const AnySource& source, const PackOptions& options);

}  // namespace quarry
