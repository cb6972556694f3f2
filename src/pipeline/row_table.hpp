#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "quarry/core/bytes.hpp"
#include "quarry/core/matrix.hpp"

#include "pipeline/scratch_file.hpp"

namespace quarry::detail {

/// Rows of floats that come in any order and are read once all are there: in
/// memory, or in a file.
class RowTable {
 public:
  /// No rows.
  RowTable() = default;
  /// In memory. Rows that are never written are NaN.
  RowTable(std::size_t rows, std::size_t columns);
  /// In a file. Rows that are never written are zeros.
  RowTable(std::size_t rows, std::size_t columns, ScratchFile file);

  bool empty() const noexcept { return rows_ * columns_ == 0; }
  std::size_t rows() const noexcept { return rows_; }
  std::size_t columns() const noexcept { return columns_; }

  /// As many whole rows as `rows` holds, from `first` on. Distinct rows from
  /// any thread. Raises `pipeline.scratch`.
  void write(std::size_t first, std::span<const float> rows);
  /// Begins to read: no row is written after that.
  void finish();
  /// `[rows, columns]`, as long as this lives.
  const float* data() const noexcept;
  /// Rows in memory, moved out.
  Matrix take();

 private:
  std::size_t rows_ = 0;
  std::size_t columns_ = 0;
  Matrix matrix_;
  std::optional<ScratchFile> file_;
  Bytes mapped_;  // the file, once it is finished
};

}  // namespace quarry::detail
