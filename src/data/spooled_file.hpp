#pragma once

#include <filesystem>

#include "quarry/core/bytes.hpp"

namespace quarry::detail {

/// Bytes as a file in memory, for what reads files; gone with the object.
class SpooledFile {
 public:
  /// Raises `file.write`.
  explicit SpooledFile(const Bytes& bytes);
  ~SpooledFile();
  SpooledFile(const SpooledFile&) = delete;
  SpooledFile& operator=(const SpooledFile&) = delete;

  std::filesystem::path path() const;

 private:
  int descriptor_ = -1;
};

}  // namespace quarry::detail
