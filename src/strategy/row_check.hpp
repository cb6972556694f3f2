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
  values,         ///< [N] or [N, T] numbers
  fractions,      ///< [N, C] numbers from 0 to 1
  lengths,        ///< [N] numbers from 0 to ∞, and ∞ itself
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
  bool check_length(double length, std::size_t row) const;
  /// Whether finite numbers of that sum are what they are to be.
  bool holds(double sum, bool negative, bool above) const;
  [[noreturn]] void refuse(std::size_t row, const std::string& why,
                           const std::string& hint = {}) const;

  ArrayView array_;
  std::string name_;
  RowKind kind_;
  std::size_t slabs_;
  std::size_t rows_;
  std::size_t width_;
};

/// An input whose rows are checked.
struct KnownInput {
  std::string_view name;
  RowKind kind;
  /// Where its rows are something else than the samples: what to do about one
  /// that is all NaN.
  std::string_view hint = {};
};

/// Null for an input that may hold anything.
const KnownInput* known_input(std::string_view name) noexcept;

/// Raises `strategy.bad_row` with that hint when a row failed: where rows stand
/// for no sample none of them may.
void expect_sound(const RowCheck& check, std::string_view name,
                  std::string_view hint);

/// Raises `strategy.bad_row_number` unless `row < rows`.
void expect_row(std::size_t row, std::size_t rows);

}  // namespace quarry::detail
