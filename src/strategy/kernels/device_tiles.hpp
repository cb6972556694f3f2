#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "quarry/strategy/kernels/row_set.hpp"
#include "quarry/strategy/select_device.hpp"

#include "strategy/kernels/device_sums.hpp"

namespace quarry::kernels {

/// Bounds by a device on what `Tile<double>::squared_distance` says of rows of
/// a set and others like them. Products are taken about the rows' mean where
/// that is far from the origin; what products in double lose to it is then part
/// of the bounds.
class DeviceTiles {
 public:
  /// No row, nor any that they are compared with, has a larger squared norm.
  DeviceTiles(SelectDevice& device, const RowSet& rows, double largest_norm,
              std::size_t threads);

  /// Rows as `sums` takes them.
  FloatRows columns(const RowSet& rows) const;
  DeviceSums& sums() noexcept { return sums_; }
  const DeviceSums& sums() const noexcept { return sums_; }

 private:
  std::vector<double> origin_;
  DeviceSums sums_;
};

}  // namespace quarry::kernels
