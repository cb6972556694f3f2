#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "quarry/core/array_view.hpp"

namespace quarry {

/// Which rows of an array hold a prediction, and which are samples that failed
/// (all NaN). What is neither is an error, named by row.
class RowStates {
 public:
  /// `rows` usable rows.
  explicit RowStates(std::size_t rows) : failed_(rows, false) {}

  std::size_t rows() const noexcept { return failed_.size(); }
  bool failed(std::size_t row) const { return failed_[row]; }
  /// How many rows failed.
  std::size_t failed_count() const noexcept;

  void mark_failed(std::size_t row) { failed_[row] = true; }
  /// A row fails when it failed here or there. Expects equally many rows.
  void merge(const RowStates& other);

  /// Those of `rows` that did not fail, in their order. Raises
  /// `strategy.bad_row_number` when one is not below `this->rows()`.
  std::vector<std::size_t> usable(std::span<const std::size_t> rows) const;
  /// All rows that neither failed nor are in `labelled`, ascending: the
  /// candidates of a `PoolView`. Raises `strategy.bad_row_number`.
  std::vector<std::size_t> candidates(
      std::span<const std::size_t> labelled = {}) const;

 private:
  std::vector<bool> failed_;
};

/// Probabilities may miss a sum of 1 by this much.
inline constexpr double probability_tolerance = 1e-3;

/// Checks class probabilities `[N, C]`, or `[K, N, C]` of K passes, f2, f4 or
/// f8. A row is usable when no entry is negative and the sum (of each pass) is
/// 1 ± 1e-3; it failed when all its entries are NaN.
///
/// Raises `strategy.bad_row`, naming the first other row and what is wrong with
/// it, and `strategy.input_shape`. O(N C).
RowStates check_probabilities(const ArrayView& probabilities);

/// Checks that the rows of `[N, D]` numbers (embeddings), f2, f4 or f8, are
/// finite or all NaN. `name` is what messages call the array.
///
/// Raises `strategy.bad_row` and `strategy.input_shape`. O(N D).
RowStates check_finite(const ArrayView& array, std::string_view name);

/// Checks an input with a row a sample by its name, as `PoolView` does:
/// probabilities, passes, embeddings, `predictions`, `label_probabilities`.
/// Expects one of these.
///
/// Raises `strategy.bad_row` and `strategy.input_shape`. O(size).
RowStates check_rows(const ArrayView& array, std::string_view name);

}  // namespace quarry
