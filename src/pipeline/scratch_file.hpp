#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "quarry/core/bytes.hpp"

#include "core/posix_file.hpp"

namespace quarry::detail {

/// A file without a name: it is gone with whoever holds it, however that ends.
/// What is written does not count as memory of the process.
class ScratchFile {
 public:
  /// Claims so many bytes, at least 1, in `directory`, which is made where it
  /// is missing; empty stands for the system's (`TMPDIR`, else /var/tmp).
  /// `what` is what messages call its contents. Raises `pipeline.scratch`.
  ScratchFile(const std::filesystem::path& directory, std::uint64_t bytes,
              std::string what);

  /// Thread-safe for ranges that do not overlap. Raises `pipeline.scratch`.
  void write(std::span<const std::byte> bytes, std::uint64_t offset);
  /// All of it, mapped: zeros where nothing was written. Raises
  /// `pipeline.scratch`.
  Bytes map() const;

  const std::filesystem::path& directory() const noexcept { return directory_; }

 private:
  [[noreturn]] void refuse(const std::string& why) const;

  std::filesystem::path directory_;
  std::uint64_t bytes_;
  std::string what_;
  FileDescriptor descriptor_;
};

}  // namespace quarry::detail
