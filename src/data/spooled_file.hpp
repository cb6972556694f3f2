#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

#include "quarry/core/bytes.hpp"

namespace quarry::detail {

/// Bytes as a file without a name, for what reads files; gone with the object.
class SpooledFile {
 public:
  /// In memory. Raises `file.write`.
  explicit SpooledFile(const Bytes& bytes);
  /// Empty, in the folder for temporary files. Raises `file.write`.
  SpooledFile();
  ~SpooledFile();
  SpooledFile(const SpooledFile&) = delete;
  SpooledFile& operator=(const SpooledFile&) = delete;

  /// Adds bytes at the end. Raises `file.write`: the disk is full.
  void write(std::span<const std::byte> bytes);
  std::uint64_t size() const noexcept { return size_; }

  std::filesystem::path path() const;
  /// All of it as a memory map, which outlives this object. Raises `file.read`.
  Bytes map() const;

 private:
  explicit SpooledFile(int descriptor);

  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

}  // namespace quarry::detail
