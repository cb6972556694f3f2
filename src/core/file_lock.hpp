#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "core/posix_file.hpp"

namespace quarry::detail {

/// A file that one process at a time holds; it is made where it is missing, and
/// stays. The system lets go of it when the process ends, however it does.
class FileLock {
 public:
  /// Waits until it is free. Raises `cache.write`.
  static FileLock wait(const std::filesystem::path& file);
  /// Nothing when another process, or this one, holds it. Raises `cache.write`.
  static std::optional<FileLock> attempt(const std::filesystem::path& file);
  /// Who holds it, as it told when it took it: a process number, or nothing.
  static std::string holder(const std::filesystem::path& file);

 private:
  explicit FileLock(FileDescriptor descriptor)
      : descriptor_(std::move(descriptor)) {}
  static std::optional<FileLock> take(const std::filesystem::path& file,
                                      int how);
  void sign() noexcept;

  FileDescriptor descriptor_;
};

}  // namespace quarry::detail
