#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "quarry/core/progress.hpp"
#include "quarry/strategy/kernels/row_set.hpp"
#include "quarry/strategy/select_device.hpp"

#include "strategy/kernels/device_sums.hpp"
#include "strategy/kernels/distance_bounds.hpp"
#include "strategy/kernels/near.hpp"

namespace quarry::kernels {

/// What `Nearest` does, by the products of a device. From these each row has
/// bounds on its distances to the few nearest centres; where no other can be
/// the nearest, it is found among these in double, as `Nearest` finds it. Rows
/// of which more is open, and all that the device did not do, remain.
class DeviceNearest {
 public:
  /// The rows, and the same about the origin of products.
  DeviceNearest(SelectDevice& device, const RowSet& rows, const RowSet& moved,
                std::size_t threads);

  /// Whether bounds are good for anything with rows of so many numbers.
  static bool serves(std::size_t width);

  /// `moved` are the centres about the origin of products.
  Remainder update(const RowSet& centres, const RowSet& moved,
                   std::span<double> squared, std::span<std::uint32_t> which,
                   std::size_t first, const std::function<Flow()>& go_on);
  Remainder assign(const RowSet& centres, const RowSet& moved,
                   std::span<std::uint32_t> which,
                   const std::function<Flow()>& go_on);
  bool given_up() const { return sums_.given_up(); }
  /// Whether it is done.
  bool lower_bounds(const RowSet& moved, std::span<float> out);

 private:
  /// Decides a row, or says that it cannot.
  using Decide =
      std::function<bool(std::size_t row, const Near&, SquaredDistance&)>;

  /// Decides what was found of some rows; those that remain.
  std::vector<std::size_t> decide_all(const DeviceSums::Part& part,
                                      const RowSet& centres,
                                      const Decide& decide) const;

  RowSet rows_;
  std::size_t threads_;
  DeviceSums sums_;
};

}  // namespace quarry::kernels
