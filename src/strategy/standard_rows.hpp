#pragma once

#include <cstddef>
#include <span>

#include "quarry/strategy/kernels/row_set.hpp"

namespace quarry::detail {

/// Rows less their mean, divided by the root of the mean variance of their
/// columns: what is learnt from them depends neither on where they lie nor on
/// their unit. Rows that are all equal become zeros.
class StandardRows {
 public:
  /// O(N D).
  explicit StandardRows(const kernels::RowSet& rows);

  std::size_t size() const noexcept { return rows_.size(); }
  std::size_t width() const noexcept { return rows_.width(); }
  void read(std::size_t i, std::span<double> out) const;

  /// The same, yet to be multiplied by `scale()`.
  const kernels::RowSet& centred() const noexcept { return rows_; }
  double scale() const noexcept { return scale_; }

 private:
  kernels::RowSet rows_;
  double scale_ = 1.0;
};

}  // namespace quarry::detail
