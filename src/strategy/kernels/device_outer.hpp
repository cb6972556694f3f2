#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "quarry/core/progress.hpp"
#include "quarry/strategy/kernels/row_set.hpp"
#include "quarry/strategy/select_device.hpp"

#include "strategy/kernels/device_sums.hpp"

namespace quarry::kernels {

/// Which centres may be nearer than those before to rows x ⊗ z, by the products
/// of a device: x and z are rows of two sets, and distances those that
///
///     ‖x_i‖² ‖z_i‖² + ‖x_j‖² ‖z_j‖² − 2 ⟨x_i, x_j⟩ ⟨z_i, z_j⟩
///
/// gives when products in double are summed in any order (`Tile<double>`).
class DeviceOuter {
 public:
  /// So many centres, one after the other, are open or not together.
  static constexpr std::size_t group = 16;

  /// Sets of equal size. Rows with ‖z‖² ≥ 4, or ‖x‖² ≥ 10¹⁸, remain.
  DeviceOuter(SelectDevice& device, const RowSet& x, const RowSet& z,
              std::size_t threads);
  /// Whether bounds are good for anything with rows of such widths.
  static bool serves(std::size_t x_width, std::size_t z_width);
  /// What it allocates in memory, what `open` gives included.
  static std::size_t bytes(std::size_t rows, std::size_t centres,
                           std::size_t width);

  /// open[g]: the rows to which one of the centres x_c ⊗ z_c, c of the g-th
  /// group, may be nearer than `squared` `[N]` says, as far as they do not
  /// remain. The least distance to centres of a row's groups is the least of
  /// all, or not below `squared`.
  Remainder open(const RowSet& x, const RowSet& z,
                 std::span<const double> squared,
                 std::vector<std::vector<std::size_t>>& open,
                 const std::function<Flow()>& go_on);

  bool given_up() const { return sums_.given_up(); }

 private:
  DeviceSums sums_;
};

}  // namespace quarry::kernels
