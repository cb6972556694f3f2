#include "pipeline/row_table.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace quarry::detail {

RowTable::RowTable(std::size_t rows, std::size_t columns)
    : rows_(rows),
      columns_(columns),
      matrix_(Matrix::Constant(static_cast<Eigen::Index>(rows),
                               static_cast<Eigen::Index>(columns),
                               std::numeric_limits<float>::quiet_NaN())) {}

RowTable::RowTable(std::size_t rows, std::size_t columns, ScratchFile file)
    : rows_(rows), columns_(columns), file_(std::move(file)) {}

void RowTable::write(std::size_t first, std::span<const float> rows) {
  const std::size_t offset = first * columns_;
  if (file_) {
    file_->write(std::as_bytes(rows), offset * sizeof(float));
  } else {
    std::copy(rows.begin(), rows.end(), matrix_.data() + offset);
  }
}

void RowTable::finish() {
  if (file_) mapped_ = file_->map();
}

const float* RowTable::data() const noexcept {
  return file_ ? reinterpret_cast<const float*>(mapped_.data())
               : matrix_.data();
}

Matrix RowTable::take() {
  return std::move(matrix_);
}

}  // namespace quarry::detail
