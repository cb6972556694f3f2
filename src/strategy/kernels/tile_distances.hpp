#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "quarry/strategy/kernels/row_set.hpp"

namespace quarry::kernels {

/// ‖x_i − x_j‖² of a few pairs of rows, bit by bit what
/// `Tile<double>::squared_distance` says. From any thread.
class TileDistances {
 public:
  /// Copies the rows as doubles, unless they lie so. The set's array must
  /// outlive it.
  TileDistances(const RowSet& rows, std::size_t threads);

  /// out[k] = ‖x_i − x_j‖², j = others[k]. O(D) each.
  void operator()(std::size_t i, std::span<const std::size_t> others,
                  std::span<double> out) const;

  double largest_norm() const noexcept { return largest_norm_; }
  static std::size_t bytes(std::size_t rows, std::size_t width) {
    return rows * (width + 1) * sizeof(double);
  }

 private:
  const double* row(std::size_t i) const {
    return copy_.empty() ? rows_.in_place<double>(i)
                         : copy_.data() + i * rows_.width();
  }

  RowSet rows_;
  std::vector<double> copy_;
  std::vector<double> norms_;
  double largest_norm_ = 0.0;
};

}  // namespace quarry::kernels
