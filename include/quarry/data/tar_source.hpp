#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "quarry/data/concept.hpp"
#include "quarry/net/network_options.hpp"
#include "quarry/net/network_stats.hpp"
#include "quarry/net/s3_options.hpp"

namespace quarry {

struct TarSourceOptions {
  /// Endings of the members that are samples, without the dot and whatever
  /// their case. Empty: every regular member is.
  std::vector<std::string> extensions = {"jpg", "jpeg", "png"};
  /// Whether the name of the directory that holds a member is its truth where
  /// no other member says it.
  bool truth_from_parent = false;
  NetworkOptions network = {};
  S3Options s3 = {};

  /// Raises `source.option` and `net.option`.
  void validate() const;
};

/// The members of tar archives ("shards"), in the order of the shards and of
/// the members in each, as WebDataset writes them. An `AsyncSource` that says
/// with `is_async()` whether anything is remote.
///
/// - `pattern` names the shards: a path or a `file:`, `http:`, `https:`, `s3:`
///   or `gs:` URI with braces, `train-{000..146}.tar`, `{a,b}.tar`, and, but
///   for HTTP, with `*`, `?` and `[...]`, whose matches are ordered by their
///   bytes.
/// - ustar, pax and GNU archives are read, by libarchive. What is here is
///   mapped into memory; what is remote is read by Range requests and must not
///   change meanwhile (`shard.changed`). Shards that are compressed (gzip,
///   Zstandard, xz) are unpacked once into a temporary file, remote ones after
///   they were fetched whole.
/// - A shard's members are found by going through its headers, or in the
///   sidecar `SHARD.qidx` beside it, which makes opening a remote shard two
///   requests and gives members a checksum (`shard.corrupt`).
/// - Members that follow each other and have one key, the path up to the first
///   dot of the last part, belong together: `0001.cls`, or else a field
///   `truth`, `label`, `cls` or `class` of `0001.json`, is the truth of
///   `0001.jpg`. What is neither text nor number is no truth.
/// - id: `shard.tar#path/of/member`, the shard's path below the folder of the
///   pattern; uri: the shard's, and the same fragment.
/// - A member that is stored sparsely fails with `tar.sparse`. Of a shard that
///   is cut off or damaged, the members before the damage are samples, and one
///   more, called `(damaged from byte N)`, fails with `tar.corrupt` and says
///   how many bytes cannot be read.
///
/// Raises `source.not_found`, `source.format` for what is no tar archive,
/// `source.pattern`, `source.duplicate_id`, `shard.index` for a sidecar that
/// does not fit, `file.*`, `net.*`, `s3.*`. Making it reads the headers: O(n).
class TarSource {
 public:
  explicit TarSource(std::string_view pattern,
                     const TarSourceOptions& options = {});

  std::size_t size() const noexcept;
  Sample sample(std::size_t i) const;
  /// Failures: `tar.*`, `shard.*`, `net.*`, `s3.*`.
  Result<Bytes> read(std::size_t i) const;
  /// A local member is read on the calling thread.
  void read_async(std::size_t i, ReadDone done) const;
  /// Whether any shard is read over a network.
  bool is_async() const noexcept;

  /// Members that are no samples: directories, links, hidden names, other
  /// extensions. Those that say the truth are not counted.
  std::size_t ignored() const noexcept;
  /// What the hosts did so far.
  NetworkStats network() const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace quarry
