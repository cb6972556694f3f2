#include "quarry/strategy/detail/read_rows.hpp"

namespace quarry::detail {

RowMatrix<double> read_rows(const ArrayView& array,
                            std::span<const std::size_t> rows) {
  const std::size_t width = array.cols();
  RowMatrix<double> copy(rows.size(), width);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    array.read_row(rows[i], std::span(copy.data() + i * width, width));
  }
  return copy;
}

}  // namespace quarry::detail
