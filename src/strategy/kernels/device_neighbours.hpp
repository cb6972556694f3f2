#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "quarry/core/progress.hpp"
#include "quarry/strategy/kernels/neighbours.hpp"
#include "quarry/strategy/kernels/row_set.hpp"
#include "quarry/strategy/select_device.hpp"

#include "strategy/kernels/device_sums.hpp"
#include "strategy/kernels/device_tiles.hpp"
#include "strategy/kernels/tile_distances.hpp"

namespace quarry::kernels {

/// The nearest rows of rows of the same set, by the products of a device: of
/// each it gives those that are nearest by lower bounds, whose distances are
/// then computed as `Tile<double>` does. Where one that it did not give may be
/// as near, the row is left.
class DeviceNeighbours {
 public:
  DeviceNeighbours(SelectDevice& device, const RowSet& rows,
                   std::size_t threads);

  static bool serves(std::size_t width);
  static std::size_t bytes(std::size_t rows, std::size_t width, std::size_t k);

  /// How many rows a device takes on the right.
  std::size_t columns_at_once() const;

  /// Takes rows `[first, first + count)` for neighbours of all rows, `near`
  /// `[N, k]` being what rows before those have left. The rows of which that is
  /// not done.
  std::vector<std::size_t> look(std::size_t first, std::size_t count,
                                std::size_t k, std::span<Neighbour> near);
  /// nearest[i] = min(nearest[i], the least distance to rows of other groups),
  /// but for the rows that remain, of which it is that or more.
  Remainder look_beyond(std::span<const std::int64_t> groups,
                        std::span<double> nearest,
                        const std::function<Flow()>& go_on);

 private:
  /// Brings `near` of a row up to date; false where that takes more.
  bool decide(const DeviceSums::Part& part, std::size_t found,
              std::size_t first, std::span<Neighbour> near) const;
  bool decide_least(const DeviceSums::Part& part, std::size_t found,
                    std::span<const std::size_t> columns, double& least) const;

  SelectDevice& device_;
  RowSet rows_;
  std::size_t threads_;
  TileDistances exact_;
  DeviceTiles tiles_;
};

}  // namespace quarry::kernels
