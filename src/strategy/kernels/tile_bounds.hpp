#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>

#include "quarry/strategy/kernels/tiles.hpp"

#include "strategy/kernels/distance_bounds.hpp"
#include "strategy/kernels/minima.hpp"
#include "strategy/kernels/products.hpp"

namespace quarry::kernels {

/// Bounds on ‖x − y‖² of one tile.
class TileBounds {
 public:
  TileBounds(const Tile<float>& tile, std::size_t width)
      : tile_(tile), bounds_(width) {
    norms_.fill(no_limit);
    for (std::size_t j = 0; j < tile.columns; ++j) {
      const float norm = tile.column_norms[j];
      sound_ = sound_ && in_range(norm);
      greatest_norm_ = std::max(greatest_norm_, norm);
      norms_[j] = bounds_.lowered(norm);
    }
  }

  /// Sets `least(i)` for all rows.
  void find_least() {
    constexpr std::size_t panel = panel_rows<float>;
    row_minima(tile_.products, tile_.rows, tile_.stride, norms_.data(),
               (tile_.columns + panel - 1) / panel * panel, minima_.data());
  }
  /// Not above the distance of row i to any column.
  double least(std::size_t i) const { return below(i, minima_[i]); }
  /// Not above that of row i and column j.
  double lower(std::size_t i, std::size_t j) const {
    return below(i, norms_[j] - 2 * tile_.product(i, j));
  }
  /// Not below the distance to the nearest column.
  double least_upper(std::size_t i) const {
    return sound(i)
               ? least(i) + bounds_.slack(tile_.row_norms[i], greatest_norm_)
               : no_limit;
  }
  /// Calls `visit(j, lower(i, j))` for the columns that may be as near as
  /// `limit`, and for some that are hardly farther.
  template <class F>
  void for_each_within(std::size_t i, double limit, const F& visit) const {
    const float cut =
        sound(i) ? bounds_.greatest(tile_.row_norms[i], limit) : no_limit;
    for (std::size_t j = 0; j < tile_.columns; ++j) {
      if (norms_[j] - 2 * tile_.product(i, j) > cut) continue;
      visit(j, lower(i, j));
    }
  }
  /// Not below it, given the lower one.
  double upper(std::size_t i, std::size_t j, double lower) const {
    return sound(i) ? lower + bounds_.slack(tile_.row_norms[i],
                                            tile_.column_norms[j])
                    : no_limit;
  }

 private:
  static constexpr float no_limit = std::numeric_limits<float>::infinity();

  bool sound(std::size_t i) const {
    return sound_ && in_range(tile_.row_norms[i]);
  }
  double below(std::size_t i, float rest) const {
    return sound(i) ? bounds_.lower(tile_.row_norms[i], rest) : -no_limit;
  }

  const Tile<float>& tile_;
  DistanceBounds bounds_;
  bool sound_ = true;
  float greatest_norm_ = 0.0F;
  std::array<float, tile_columns<float>> norms_;
  std::array<float, tile_rows> minima_;
};

}  // namespace quarry::kernels
