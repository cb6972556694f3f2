#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <limits>
#include <span>
#include <string_view>

#include "quarry/core/bytes.hpp"
#include "quarry/core/result.hpp"

namespace quarry {

struct ReadFileOptions {
  /// A larger file is the failure `file.too_large`, before it is read.
  std::uint64_t max_bytes = std::numeric_limits<std::uint64_t>::max();
  /// Map the file instead of reading it (for large, immutable files).
  bool map = false;
};

/// The contents of a regular file. Never blocks on a FIFO or a device: what is
/// not a regular file (after following links) is a failure.
///
/// Failures: `file.not_found` (a dangling link too), `file.not_regular` (names
/// what it is), `file.permission`, `file.too_large`, `file.read`.
Result<Bytes> read_file(const std::filesystem::path& file,
                        const ReadFileOptions& options = {});

/// Replaces `file` by `bytes` in one step (a temporary beside it, fsync,
/// rename): a reader sees the old contents or the new, never a part.
/// Raises `file.write` naming the file and the reason.
void write_file(const std::filesystem::path& file,
                std::span<const std::byte> bytes);
void write_file(const std::filesystem::path& file, std::string_view text);

/// What a file is to hold.
struct NewFile {
  std::filesystem::path file;
  std::string_view contents;
};

/// The same for files that belong together: all are written beside their places
/// before the first takes its name, so that what stops one of them (a full
/// disk, a missing directory) leaves all as they were.
void write_files(std::span<const NewFile> files);
void write_files(std::initializer_list<NewFile> files);

}  // namespace quarry
