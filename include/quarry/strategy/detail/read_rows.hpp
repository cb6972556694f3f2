#pragma once

#include <cstddef>
#include <span>

#include "quarry/core/array_view.hpp"
#include "quarry/core/matrix.hpp"

namespace quarry::detail {

/// A copy of those rows of an array, in double: `[rows.size(), D]`.
RowMatrix<double> read_rows(const ArrayView& array,
                            std::span<const std::size_t> rows);

/// Row `i` of such a copy.
inline std::span<const double> row_of(const RowMatrix<double>& rows,
                                      std::size_t i) {
  const auto width = static_cast<std::size_t>(rows.cols());
  return {rows.data() + i * width, width};
}

}  // namespace quarry::detail
