#include "quarry/strategy/kernels/squared_distance.hpp"

#include <limits>

#include "quarry/strategy/distance.hpp"

namespace quarry::kernels {

SquaredDistance::SquaredDistance(const RowSet& a, const RowSet& b)
    : a_(&a), b_(&b), at_(std::numeric_limits<std::size_t>::max()) {
  QUARRY_EXPECTS(a.width() == b.width(), "SquaredDistance: equal widths");
}

double SquaredDistance::operator()(std::size_t i, std::size_t j) {
  const std::size_t width = a_->width();
  const float* const a4 = a_->in_place<float>(i);
  const float* const b4 = b_->in_place<float>(j);
  if (a4 != nullptr && b4 != nullptr) {
    return Euclidean().reduced(std::span(a4, width), std::span(b4, width));
  }
  const double* a8 = a_->in_place<double>(i);
  const double* b8 = b_->in_place<double>(j);
  if (a8 == nullptr) {
    if (at_ != i) {
      x_.resize(width);
      a_->read(i, std::span(x_));
      at_ = i;
    }
    a8 = x_.data();
  }
  if (b8 == nullptr) {
    y_.resize(width);
    b_->read(j, std::span(y_));
    b8 = y_.data();
  }
  if (a_->are_directions() && a8[width - 1] != b8[width - 1]) return 2.0;
  return Euclidean().reduced(std::span(a8, width), std::span(b8, width));
}

}  // namespace quarry::kernels
