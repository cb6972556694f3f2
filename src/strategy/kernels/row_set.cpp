#include "quarry/strategy/kernels/row_set.hpp"

#include <algorithm>
#include <concepts>
#include <utility>

#include "quarry/strategy/detail/sums.hpp"

namespace quarry::kernels {

RowSet::RowSet(const ArrayView& array)
    : array_(array), all_(true), size_(array.rows()), width_(array.cols()) {
  QUARRY_EXPECTS(is_float(array.dtype()), "RowSet: an array of floats");
}

RowSet::RowSet(const ArrayView& array, std::span<const std::size_t> rows)
    : RowSet(array) {
  all_ = false;
  rows_ = rows;
  size_ = rows.size();
}

RowSet RowSet::normalised() const {
  QUARRY_EXPECTS(offset_.empty(), "RowSet::normalised: before less()");
  RowSet other = *this;
  other.change_ = Change::unit;
  return other;
}

RowSet RowSet::directions() const {
  QUARRY_EXPECTS(!changed(), "RowSet::directions: of rows as they are");
  RowSet other = *this;
  other.change_ = Change::direction;
  ++other.width_;
  return other;
}

RowSet RowSet::residuals() const {
  QUARRY_EXPECTS(!changed(), "RowSet::residuals: of rows as they are");
  RowSet other = *this;
  other.change_ = Change::residual;
  return other;
}

RowSet RowSet::less(std::span<const double> offset) const {
  QUARRY_EXPECTS(offset.size() == width_, "RowSet::less: one number a column");
  RowSet other = *this;
  other.offset_.resize(width_, 0.0);
  for (std::size_t k = 0; k < width_; ++k) other.offset_[k] += offset[k];
  return other;
}

RowSet RowSet::of(std::span<const std::size_t> places) const {
  std::vector<std::size_t> rows;
  rows.reserve(places.size());
  for (const std::size_t place : places) rows.push_back(row(place));
  RowSet other = *this;
  other.owned_ =
      std::make_shared<const std::vector<std::size_t>>(std::move(rows));
  other.rows_ = *other.owned_;
  other.all_ = false;
  other.first_ = 0;
  other.size_ = places.size();
  return other;
}

RowSet RowSet::part(std::size_t first, std::size_t count) const {
  QUARRY_EXPECTS(first <= size_ && count <= size_ - first,
                 "RowSet::part: no such rows");
  RowSet other = *this;
  other.first_ += first;
  other.size_ = count;
  return other;
}

void RowSet::read_changed(std::size_t i, std::span<double> x) const {
  const std::span<double> read = x.first(array_.cols());
  array_.read_row(row(i), read);
  if (change_ == Change::residual) {
    *std::max_element(read.begin(), read.end()) -= 1.0;
  } else if (change_ != Change::none) {
    const double length = detail::length_of(std::span<const double>(read));
    if (length > 0.0) {
      for (double& value : read) value /= length;
    }
    if (change_ == Change::direction) x.back() = length > 0.0 ? 0.0 : 1.0;
  }
  for (std::size_t k = 0; k < offset_.size(); ++k) x[k] -= offset_[k];
}

template <class T>
void RowSet::read_as(std::size_t i, std::span<T> out) const {
  if (!changed()) return array_.read_row(row(i), out);
  if constexpr (std::same_as<T, double>) {
    read_changed(i, out);
  } else {
    std::vector<double> x(width_);
    read_changed(i, x);
    std::transform(x.begin(), x.end(), out.begin(),
                   [](double value) { return static_cast<T>(value); });
  }
}

template void RowSet::read_as(std::size_t, std::span<float>) const;
template void RowSet::read_as(std::size_t, std::span<double>) const;

std::vector<double> mean_of(const RowSet& rows) {
  std::vector<double> mean(rows.width(), 0.0);
  std::vector<double> x(rows.width());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows.read(i, std::span(x));
    for (std::size_t k = 0; k < x.size(); ++k) mean[k] += x[k];
  }
  for (double& value : mean) value /= static_cast<double>(rows.size());
  return mean;
}

double mean_variance(const RowSet& rows) {
  const std::vector<double> mean = mean_of(rows);
  std::vector<double> x(rows.width());
  double sum = 0.0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows.read(i, std::span(x));
    for (std::size_t k = 0; k < x.size(); ++k) {
      sum += (x[k] - mean[k]) * (x[k] - mean[k]);
    }
  }
  return sum / static_cast<double>(rows.size() * rows.width());
}

}  // namespace quarry::kernels
