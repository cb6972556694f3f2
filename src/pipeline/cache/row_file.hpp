#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "core/posix_file.hpp"
#include "pipeline/cache/prediction_index.hpp"

namespace quarry::detail {

/// Rows of one size, one after the other, in a file that only grows.
class RowFile {
 public:
  /// With `writes` it is made where it is missing. Raises `cache.unusable`.
  RowFile(const std::filesystem::path& file, std::size_t row_bytes,
          bool writes);

  /// Writes rows from `first` on, over what an earlier process may have left
  /// there. Raises `cache.write`.
  void write(std::span<const std::byte> rows, std::uint64_t first);
  /// Makes them durable. Raises `cache.write`.
  void sync();
  /// Thread-safe. False when it is not all there, or cannot be read.
  bool read(std::uint64_t row, std::span<std::byte> out) const noexcept;

 private:
  std::filesystem::path file_;
  std::size_t row_bytes_;
  FileDescriptor descriptor_;
};

/// Reads what is kept of the sample with this key; false unless it is all there
/// and as it was written.
bool read_sound(const RowFile& rows, const KeptRow& at, const std::string& key,
                std::span<std::byte> out);

}  // namespace quarry::detail
