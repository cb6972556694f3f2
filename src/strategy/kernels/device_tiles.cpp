#include "strategy/kernels/device_tiles.hpp"

#include <limits>

#include "quarry/strategy/kernels/tiles.hpp"

#include "strategy/kernels/distance_bounds.hpp"
#include "strategy/kernels/origin.hpp"

namespace quarry::kernels {
namespace {

/// Norms and products in double are off by γ = D u / (1 − D u) of a squared
/// norm at most, u = 2⁻⁵³, and their sum by 3 u of two: 4 γ + 6 u in all.
DistanceBounds tile_bounds(std::size_t width, double largest_norm) {
  const double unit = std::numeric_limits<double>::epsilon() / 2;
  return {squared_error(width),
          squared_error_floor(width) +
              8 * static_cast<double>(width + 8) * unit * largest_norm};
}

}  // namespace

DeviceTiles::DeviceTiles(SelectDevice& device, const RowSet& rows,
                         double largest_norm, std::size_t threads)
    : origin_(far_mean(rows)),
      sums_(device, floats_of(about(rows, origin_)),
            tile_bounds(rows.width(), largest_norm), threads) {}

FloatRows DeviceTiles::columns(const RowSet& rows) const {
  return floats_of(about(rows, origin_));
}

}  // namespace quarry::kernels
