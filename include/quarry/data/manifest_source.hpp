#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "quarry/data/concept.hpp"

namespace quarry {

struct ManifestOptions {
  /// A longer line (or CSV record) is an error: `records.too_long`. Default:
  /// 16 MiB; ≥ 1.
  std::size_t max_line_bytes = std::size_t{16} << 20;
  /// A larger file fails when it is read. Default: 1 GiB; ≥ 1.
  std::uint64_t max_file_bytes = std::uint64_t{1} << 30;

  /// Raises `source.option` naming field, value and constraint.
  void validate() const;
};

/// The files that a list names, in its order. A `DataSource`.
///
///     .jsonl  an object a line: `uri`, optional `id` and `truth` (text or a
///             number); other keys are not looked at; blank lines are skipped
///     .csv    RFC 4180 with a header: `uri`, optional `id` and `truth`
///     .txt    a URI a line, taken whole; blank lines and those that start with
///             `#` are skipped
///
/// - A URI is a `file:` URI or a path. A relative path starts at the folder of
///   the manifest. A path is taken as written; one that does not exist so, but
///   does with its `%XX` decoded, is a relative reference and is decoded.
/// - The id is the URI as written (see `id_of_path`) unless one is given; an
///   empty id or truth counts as none.
/// - LF and CRLF, with or without a byte order mark, are the same. A list
///   without entries is a pool without samples.
///
/// Raises, naming file and line: `source.manifest` (what the list lacks or
/// holds too much), `source.uri`, `source.scheme` (a URI that is not local),
/// `source.duplicate_id` (both lines), `json.invalid`, `records.invalid`,
/// `records.too_long`; and `source.not_found`, `source.format` (another
/// extension), `source.option`, `file.*`. The list is read once, when the
/// source is made: O(n log n); a missing file fails when it is read.
class ManifestSource {
 public:
  explicit ManifestSource(const std::filesystem::path& manifest,
                          const ManifestOptions& options = {});

  std::size_t size() const noexcept;
  /// `uri` is the absolute `file:` URI.
  Sample sample(std::size_t i) const;
  /// Failures: those of `read_file`.
  Result<Bytes> read(std::size_t i) const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace quarry
