#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace quarry::detail {

struct RecordOptions {
  /// A longer line or CSV record, its end included, is `records.too_long`; not
  /// much more than this is ever held in memory. Default: 16 MiB.
  std::size_t max_bytes = std::size_t{16} << 20;
  /// What messages call the file; empty: its path.
  std::string name = {};
};

class TextFile;

/// The lines of a text file, streamed: one line and a small buffer in memory.
///
/// A line ends with LF, CRLF or the end of the file; the end is not part of it.
/// A UTF-8 byte order mark at the start is skipped. Bytes are not checked for
/// UTF-8, since a path may be anything.
///
/// Opening never blocks on a FIFO. Raises `file.*` as `read_file` does,
/// `records.too_long`, and `records.invalid` for a NUL byte or UTF-16.
class LineReader {
 public:
  explicit LineReader(const std::filesystem::path& file,
                      RecordOptions options = {});
  LineReader(LineReader&&) noexcept;
  LineReader& operator=(LineReader&&) noexcept;
  ~LineReader();

  /// Puts the next line, blank ones too, into `line`; false at the end.
  bool next(std::string& line);
  /// The line that `next` gave last, counted from 1; 0 before the first.
  std::size_t line_number() const noexcept;
  /// "pool.jsonl:17", for messages.
  std::string where() const;

 private:
  std::unique_ptr<TextFile> file_;
};

/// The records of a comma-separated file with a header (RFC 4180), streamed.
///
/// Fields may be quoted, with `""` for a quote and line ends kept as they are;
/// CRLF, LF and a byte order mark are accepted; blank lines are skipped; spaces
/// belong to the field. Raises what `LineReader` raises, and `records.invalid`
/// naming the line for: no header, a column name given twice, a quote that is
/// never closed (the line where it opened), text after a closing quote, a quote
/// inside an unquoted field, a record with more or fewer fields than the
/// header.
class CsvReader {
 public:
  explicit CsvReader(const std::filesystem::path& file,
                     RecordOptions options = {});
  CsvReader(CsvReader&&) noexcept;
  CsvReader& operator=(CsvReader&&) noexcept;
  ~CsvReader();

  /// The fields of the first record.
  const std::vector<std::string>& header() const noexcept { return header_; }
  /// The index of the column called `name`, in bytes equal.
  std::optional<std::size_t> column(std::string_view name) const;

  /// Puts the next record, as wide as the header, into `fields`; false at the
  /// end.
  bool next(std::vector<std::string>& fields);
  /// The line where the last record began, counted from 1.
  std::size_t line_number() const noexcept;
  /// "pool.csv:17", for messages.
  std::string where() const;

 private:
  bool read(std::vector<std::string>& fields, std::size_t max_fields);

  std::unique_ptr<TextFile> file_;
  std::vector<std::string> header_;
};

}  // namespace quarry::detail
