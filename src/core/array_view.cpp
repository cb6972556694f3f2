#include "quarry/core/array_view.hpp"

#include <algorithm>

namespace quarry {
namespace {

template <class To>
void convert_row(const ArrayView& array, std::size_t i, std::span<To> out) {
  QUARRY_EXPECTS(i < array.rows(), "ArrayView::read_row: no such row");
  QUARRY_EXPECTS(out.size() == array.cols(),
                 "ArrayView::read_row: the buffer has another width");
  visit_dtype(array.dtype(), [&]<class From>(From*) {
    const From* row = static_cast<const From*>(array.data()) + i * out.size();
    std::transform(row, row + out.size(), out.begin(),
                   [](From value) { return static_cast<To>(value); });
  });
}

}  // namespace

ArrayView::ArrayView(DType type, const void* data,
                     std::span<const std::size_t> shape)
    : type_(type), rank_(shape.size()), data_(data) {
  QUARRY_EXPECTS(shape.size() <= max_rank, "ArrayView: at most 4 dimensions");
  std::copy(shape.begin(), shape.end(), shape_.begin());
}

std::size_t ArrayView::size() const noexcept {
  if (data_ == nullptr) return 0;
  std::size_t count = 1;
  for (const std::size_t extent : shape()) count *= extent;
  return count;
}

std::size_t ArrayView::cols() const noexcept {
  std::size_t count = 1;
  for (std::size_t d = 1; d < rank_; ++d) count *= shape_[d];
  return count;
}

ArrayView ArrayView::slab(std::size_t k) const {
  QUARRY_EXPECTS(rank_ >= 2 && k < rows(), "ArrayView::slab: no such slab");
  const auto* start = static_cast<const std::byte*>(data_);
  return {type_, start + k * cols() * size_of(type_), shape().subspan(1)};
}

ArrayView ArrayView::rows(std::size_t first, std::size_t count) const {
  QUARRY_EXPECTS(first <= rows() && count <= rows() - first,
                 "ArrayView::rows: no such rows");
  ArrayView part = *this;
  part.shape_[0] = count;
  part.data_ =
      static_cast<const std::byte*>(data_) + first * cols() * size_of(type_);
  return part;
}

void ArrayView::read_row(std::size_t i, std::span<double> out) const {
  convert_row(*this, i, out);
}

void ArrayView::read_row(std::size_t i, std::span<float> out) const {
  convert_row(*this, i, out);
}

std::string ArrayView::describe() const {
  std::string text(name_of(type_));
  text += " [";
  for (std::size_t d = 0; d < rank_; ++d) {
    if (d > 0) text += ", ";
    text += std::to_string(shape_[d]);
  }
  text += ']';
  return text;
}

}  // namespace quarry
