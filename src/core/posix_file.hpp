#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>

#include "quarry/core/bytes.hpp"
#include "quarry/core/result.hpp"

namespace quarry::detail {

/// The name between quotes, for messages: see `shown`.
std::string quoted(const std::filesystem::path& file);

/// Owns a file descriptor.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int number) noexcept : number_(number) {}
  FileDescriptor(FileDescriptor&& other) noexcept
      : number_(std::exchange(other.number_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~FileDescriptor();

  int number() const noexcept { return number_; }
  /// Closes it; false, with errno set, when the system reports an error.
  bool close() noexcept;

 private:
  int number_ = -1;
};

/// A regular file open for reading.
struct InputFile {
  FileDescriptor descriptor;
  std::uint64_t size = 0;
};

/// Opens a regular file without ever blocking. Failures: `file.not_found`,
/// `file.not_regular`, `file.permission`, `file.read`.
Result<InputFile> open_input(const std::filesystem::path& file);

/// Reads until `buffer` is full or the file ends; the number of bytes read.
/// Failure: `file.read`.
Result<std::size_t> read_fully(const FileDescriptor& descriptor,
                               std::span<std::byte> buffer,
                               const std::filesystem::path& file);

/// Sets the length of a file and claims its space, so that a full disk shows at
/// once, where the file system can promise space. 0, or what went wrong, as
/// errno says it.
int claim(const FileDescriptor& descriptor, std::uint64_t bytes) noexcept;

/// Writes all bytes at `offset`. Thread-safe for ranges that do not overlap. 0,
/// or what went wrong, as errno says it.
int write_at(const FileDescriptor& descriptor, std::span<const std::byte> bytes,
             std::uint64_t offset) noexcept;

/// The first `size` bytes of a file, mapped read-only; none when the system
/// refuses.
Bytes map_bytes(const FileDescriptor& descriptor, std::size_t size);

/// A temporary beside `file` that takes its place on `commit()` and is removed
/// without it. All members raise `file.write`.
class AtomicFile {
 public:
  explicit AtomicFile(const std::filesystem::path& file);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile();

  /// `claim`.
  void reserve(std::uint64_t bytes);
  /// Thread-safe for ranges that do not overlap.
  void write(std::span<const std::byte> bytes, std::uint64_t offset);
  /// Makes the contents durable.
  void sync();
  /// The same, then gives them the name.
  void commit();

 private:
  std::filesystem::path target_;
  std::filesystem::path temporary_;
  FileDescriptor descriptor_;
};

/// Makes the names in a directory durable, as well as its file system can.
void sync_directory(const std::filesystem::path& directory) noexcept;

}  // namespace quarry::detail
