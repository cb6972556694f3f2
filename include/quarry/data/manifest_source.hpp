#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "quarry/data/concept.hpp"
#include "quarry/net/network_options.hpp"
#include "quarry/net/network_stats.hpp"
#include "quarry/net/s3_options.hpp"

namespace quarry {

struct ManifestOptions {
  /// A longer line (or CSV record) is an error: `records.too_long`. Default:
  /// 16 MiB; ≥ 1.
  std::size_t max_line_bytes = std::size_t{16} << 20;
  /// A larger file fails when it is read. Default: 1 GiB; ≥ 1.
  std::uint64_t max_file_bytes = std::uint64_t{1} << 30;
  /// For what is not local.
  NetworkOptions network = {};
  S3Options s3 = {};

  /// Raises `source.option` naming field, value and constraint.
  void validate() const;
};

/// What a list names, in its order: files, and objects on any number of hosts.
/// A `DataSource`; an `AsyncSource` when something in it is not local.
///
///     .jsonl  an object a line: `uri`, optional `id` and `truth` (text or a
///             number); other keys are not looked at; blank lines are skipped
///     .csv    RFC 4180 with a header: `uri`, optional `id` and `truth`
///     .txt    a URI a line, taken whole; blank lines and those that start with
///             `#` are skipped
///
/// - A URI is a `file:`, `http:`, `https:`, `ftp:`, `ftps:`, `s3:` or `gs:` URI
///   (the last two with the key as it is), or a path. A relative path starts at
///   the folder of the manifest. A path is taken as written; one that does not
///   exist so, but does with its `%XX` decoded, is a relative reference and is
///   decoded.
/// - The id is the URI as written (see `id_of_path`) unless one is given; an
///   empty id or truth counts as none.
/// - A list at a URL has relative URIs that start there (after redirects, where
///   it was found in the end), and may not name local files. In a list in a
///   bucket they are keys as they are.
/// - User, password and the values of signatures and tokens in a URL are sent
///   and never shown; `HttpSource` says what stands for them.
/// - LF and CRLF, with or without a byte order mark, are the same. A list
///   without entries is a pool without samples.
///
/// Raises, naming file and line: `source.manifest` (what the list lacks or
/// holds too much), `source.uri`, `source.scheme` (a URI of another kind),
/// `net.*`, `s3.*`, `source.duplicate_id` (both lines), `json.invalid`,
/// `records.invalid`, `records.too_long`; and `source.not_found`,
/// `source.unreadable`, `source.format` (another extension), `source.option`,
/// `file.*`. The list is read once, when the source is made: O(n log n); a
/// missing file fails when it is read.
class ManifestSource {
 public:
  explicit ManifestSource(const std::filesystem::path& manifest,
                          const ManifestOptions& options = {});
  /// The list at a URL of the same schemes.
  static ManifestSource from_url(std::string_view url,
                                 const ManifestOptions& options = {});

  std::size_t size() const noexcept;
  /// `uri` is the absolute URI.
  Sample sample(std::size_t i) const;
  /// Failures: those of `read_file`, `net.*`, `s3.*`.
  Result<Bytes> read(std::size_t i) const;
  /// Of local files, as `DirectorySource` has it.
  std::optional<std::string> version(std::size_t i) const;
  /// A local file is read on the calling thread; in a list that is not all
  /// local, on another.
  void read_async(std::size_t i, ReadDone done) const;
  /// Whether anything in the list is not local.
  bool is_async() const noexcept;

  /// What the hosts did so far.
  NetworkStats network() const;

 private:
  struct State;
  struct LocalRead;
  explicit ManifestSource(std::shared_ptr<const State> state);
  std::shared_ptr<const State> state_;
};

}  // namespace quarry
