#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "quarry/core/array_view.hpp"

namespace quarry::detail {

/// What the rows of an array are.
enum class RowKind {
  probabilities,  ///< [N, C]
  passes,         ///< [K, N, C] probabilities
  numbers,        ///< [N, D]
};

/// Tells usable rows of an array from failed ones and from errors.
class RowCheck {
 public:
  /// Raises `strategy.input_shape` when the array is not of that kind.
  RowCheck(const ArrayView& array, std::string_view name, RowKind kind);

  std::size_t rows() const noexcept { return rows_; }
  /// False when the row failed (all NaN); raises `strategy.bad_row` when it is
  /// neither.
  bool usable(std::size_t row) const;

 private:
  template <class T>
  bool check(const T* data, std::size_t row) const;
  [[noreturn]] void refuse(std::size_t row, const std::string& why,
                           const std::string& hint = {}) const;

  ArrayView array_;
  std::string name_;
  RowKind kind_;
  std::size_t slabs_;
  std::size_t rows_;
  std::size_t width_;
};

/// Raises `strategy.bad_row` with that hint when a row failed: where rows stand
/// for no sample none of them may.
void expect_sound(const RowCheck& check, std::string_view name,
                  std::string_view hint);

/// Raises `strategy.bad_row_number` unless `row < rows`.
void expect_row(std::size_t row, std::size_t rows);

}  // namespace quarry::detail
