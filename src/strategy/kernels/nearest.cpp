#include "quarry/strategy/kernels/nearest.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <limits>
#include <utility>

#include "quarry/strategy/kernels/panels.hpp"
#include "quarry/strategy/kernels/squared_distance.hpp"
#include "quarry/strategy/kernels/tiles.hpp"

#include "strategy/kernels/minima.hpp"
#include "strategy/kernels/products.hpp"

namespace quarry::kernels {
namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

/// Whether products with a row of this squared norm stay within float's range.
bool in_range(float norm) {
  return norm < 1e37F;
}

/// Bounds on ‖x − y‖² = ‖x‖² + ‖y‖² − 2⟨x, y⟩, of one tile.
class Bounds {
 public:
  Bounds(const Tile<float>& tile, std::size_t width)
      : tile_(tile),
        error_(squared_error(width)),
        floor_(squared_error_floor(width)) {
    norms_.fill(infinity);
    for (std::size_t j = 0; j < tile.columns; ++j) {
      const float norm = tile.column_norms[j];
      sound_ = sound_ && in_range(norm);
      norms_[j] = static_cast<float>(norm * (1.0 - error_));
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
  /// Not below it, given the lower one.
  double upper(std::size_t i, std::size_t j, double lower) const {
    const double norms = double{tile_.row_norms[i]} + tile_.column_norms[j];
    return sound(i) ? lower + 2 * (error_ * norms + floor_) : infinity;
  }

 private:
  bool sound(std::size_t i) const {
    return sound_ && in_range(tile_.row_norms[i]);
  }
  double below(std::size_t i, float rest) const {
    return sound(i) ? tile_.row_norms[i] * (1.0 - error_) + rest - floor_
                    : -infinity;
  }

  const Tile<float>& tile_;
  double error_;
  double floor_;
  bool sound_ = true;
  std::array<float, tile_columns<float>> norms_;
  std::array<float, tile_rows> minima_;
};

/// The mean of a thousand rows at most, when it is far from the origin compared
/// with how far they are from it; nothing otherwise.
std::vector<double> far_mean(const RowSet& rows) {
  const std::size_t step = rows.size() / 1000 + 1;
  const std::size_t count = (rows.size() + step - 1) / step;
  std::vector<double> mean(rows.width(), 0.0), x(rows.width());
  double squares = 0.0;
  for (std::size_t i = 0; i < rows.size(); i += step) {
    rows.read(i, std::span(x));
    for (std::size_t k = 0; k < x.size(); ++k) {
      mean[k] += x[k] / static_cast<double>(count);
      squares += x[k] * x[k] / static_cast<double>(count);
    }
  }
  double length = 0.0;
  for (const double value : mean) length += value * value;
  // Moving rows costs more than it saves while bounds are good without.
  if (!(length > 0.9 * squares)) mean.clear();
  return mean;
}

}  // namespace

Nearest::Nearest(RowSet rows, std::size_t threads)
    : rows_(std::move(rows)),
      threads_(threads),
      origin_(far_mean(rows_)),
      moved_(about_origin(rows_)) {}

RowSet Nearest::about_origin(const RowSet& rows) const {
  return origin_.empty() ? rows : rows.less(origin_);
}

Flow Nearest::update(const RowSet& centres, std::span<double> squared,
                     std::span<std::uint32_t> which, std::size_t first,
                     const std::function<Flow()>& go_on) const {
  QUARRY_EXPECTS(squared.size() == rows_.size(), "Nearest: one number a row");
  QUARRY_EXPECTS(which.empty() || which.size() == squared.size(),
                 "Nearest: one centre a row");
  const Panels<float> panels(about_origin(centres), threads_);
  std::atomic<Flow> flow = Flow::go_on;
  const auto look = [&](const Tile<float>& tile) {
    Bounds bounds(tile, rows_.width());
    bounds.find_least();
    SquaredDistance exact(rows_, centres);
    for (std::size_t i = 0; i < tile.rows; ++i) {
      double& best = squared[tile.first_row + i];
      if (!(best > 0.0) || !(bounds.least(i) < best)) continue;
      double limit = best;
      for (std::size_t j = 0; j < tile.columns; ++j) {
        limit = std::min(limit, bounds.upper(i, j, bounds.lower(i, j)));
      }
      for (std::size_t j = 0; j < tile.columns; ++j) {
        const double lower = bounds.lower(i, j);
        if (!(lower < best && lower <= limit)) continue;
        const double distance =
            exact(tile.first_row + i, tile.first_column + j);
        if (!(distance < best)) continue;
        best = distance;
        if (!which.empty()) {
          which[tile.first_row + i] =
              static_cast<std::uint32_t>(first + tile.first_column + j);
        }
      }
    }
    const Flow answer = go_on();
    if (answer == Flow::stop) flow = answer;
    return answer;
  };
  for_each_tile<float>(moved_, panels, threads_, look);
  return flow;
}

void Nearest::lower_bounds(const RowSet& centres, std::span<float> out) const {
  QUARRY_EXPECTS(out.size() == rows_.size() * centres.size(),
                 "Nearest: one number a row and centre");
  const Panels<float> panels(about_origin(centres), threads_);
  for_each_tile<float>(moved_, panels, threads_, [&](const Tile<float>& tile) {
    const Bounds bounds(tile, rows_.width());
    for (std::size_t j = 0; j < tile.columns; ++j) {
      float* const column =
          out.data() + (tile.first_column + j) * rows_.size() + tile.first_row;
      for (std::size_t i = 0; i < tile.rows; ++i) {
        column[i] =
            std::nextafter(static_cast<float>(bounds.lower(i, j)), -infinity);
      }
    }
    return Flow::go_on;
  });
}

std::size_t Nearest::bytes(std::size_t centres, std::size_t width,
                           std::size_t threads) {
  return Panels<float>::bytes(centres, width) +
         tile_bytes<float>(width, threads);
}

}  // namespace quarry::kernels
