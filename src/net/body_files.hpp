#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "quarry/core/bytes.hpp"

namespace quarry::detail {

/// Bytes in files that are named by their SHA-256 (32 bytes, in hexadecimal
/// digits in the name): "ab/cd/abcd…". Thread-safe.
class BodyFiles {
 public:
  explicit BodyFiles(std::filesystem::path folder);

  struct Read {
    std::optional<Bytes> bytes;
    bool gone = false;  ///< there is no such file, or its bytes are others
  };
  Read read(const std::string& hash, std::uint64_t size) const;

  /// The file has its name when all is in it. Nothing is synced: `read` finds
  /// out what a crash of the machine has left. Raises `cache.write`.
  void write(const std::string& hash, const Bytes& body) const;
  void remove(const std::string& hash) const noexcept;

  /// Removes what a killed process has left of files that have no name yet.
  void remove_old_parts() const noexcept;
  /// Removes all files, and nothing that is none.
  void clear() const noexcept;

 private:
  std::filesystem::path file_of(const std::string& hash) const;
  void make_folder(const std::filesystem::path& folder) const;

  std::filesystem::path folder_;
};

}  // namespace quarry::detail
