#include "quarry/strategy/kernels/nearest.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "quarry/strategy/detail/parallel.hpp"
#include "quarry/strategy/kernels/panels.hpp"
#include "quarry/strategy/kernels/squared_distance.hpp"
#include "quarry/strategy/kernels/tiles.hpp"

#include "strategy/kernels/device_nearest.hpp"
#include "strategy/kernels/gathered.hpp"
#include "strategy/kernels/origin.hpp"
#include "strategy/kernels/tile_bounds.hpp"

namespace quarry::kernels {
namespace {

constexpr std::size_t largest_copy = std::size_t{1} << 28;  // bytes

}  // namespace

Nearest::Nearest(RowSet rows, std::size_t threads, std::size_t room,
                 SelectDevice* device)
    : rows_(std::move(rows)),
      threads_(threads),
      origin_(far_mean(rows_)),
      moved_(about_origin(rows_)) {
  const std::size_t count = rows_.size(), width = rows_.width();
  if (device != nullptr && count != 0 && DeviceNearest::serves(width)) {
    device_ = std::make_shared<DeviceNearest>(*device, rows_, moved_, threads);
    return;
  }
  if (count * width * sizeof(float) > std::min(room, largest_copy) ||
      count == 0 || moved_.in_place<float>(0) != nullptr) {
    return;
  }
  auto copy = std::make_shared<std::vector<float>>(count * width);
  detail::parallel_blocks(
      count, tile_rows, threads, [&](std::size_t first, std::size_t last) {
        std::vector<double> x(width);
        for (std::size_t i = first; i < last; ++i) {
          moved_.read(i, std::span(x));
          std::transform(
              x.begin(), x.end(), copy->data() + i * width,
              [](double value) { return static_cast<float>(value); });
        }
      });
  moved_ = RowSet(ArrayView(copy->data(), {count, width}));
  kept_ = std::move(copy);
}

Nearest Nearest::of(std::span<const std::size_t> places) const {
  Nearest some = *this;
  some.rows_ = rows_.of(places);
  some.moved_ = moved_.of(places);
  some.device_ = nullptr;
  return some;
}

RowSet Nearest::about_origin(const RowSet& rows) const {
  return about(rows, origin_);
}

Flow Nearest::update(const RowSet& centres, std::span<double> squared,
                     std::span<std::uint32_t> which, std::size_t first,
                     const std::function<Flow()>& go_on) const {
  QUARRY_EXPECTS(squared.size() == rows_.size(), "Nearest: one number a row");
  QUARRY_EXPECTS(which.empty() || which.size() == squared.size(),
                 "Nearest: one centre a row");
  const RowSet moved = about_origin(centres);
  if (device_ != nullptr) {
    const Remainder left =
        device_->update(centres, moved, squared, which, first, go_on);
    if (left.flow == Flow::stop || left.rows.empty()) return left.flow;
    Gathered<double> their_squared(squared, left.rows);
    Gathered<std::uint32_t> their_which(which, left.rows);
    return of(left.rows).update(centres, their_squared.some(),
                                their_which.some(), first, go_on);
  }
  const Panels<float> panels(moved, threads_);
  std::atomic<Flow> flow = Flow::go_on;
  const auto look = [&](const Tile<float>& tile) {
    TileBounds bounds(tile, rows_.width());
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
  const RowSet moved = about_origin(centres);
  if (device_ != nullptr && device_->lower_bounds(moved, out)) return;
  const Panels<float> panels(moved, threads_);
  for_each_tile<float>(moved_, panels, threads_, [&](const Tile<float>& tile) {
    const TileBounds bounds(tile, rows_.width());
    for (std::size_t j = 0; j < tile.columns; ++j) {
      float* const column =
          out.data() + (tile.first_column + j) * rows_.size() + tile.first_row;
      for (std::size_t i = 0; i < tile.rows; ++i) {
        column[i] = std::nextafter(static_cast<float>(bounds.lower(i, j)),
                                   -std::numeric_limits<float>::infinity());
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

std::size_t Nearest::device_bytes(std::size_t rows, std::size_t centres,
                                  std::size_t width) {
  return DeviceSums::bytes(rows, centres, width);
}

SelectDevice* Nearest::device_within(std::size_t room, SelectDevice* device,
                                     std::size_t rows, std::size_t centres,
                                     std::size_t width) {
  return device_bytes(rows, centres, width) <= room ? device : nullptr;
}

}  // namespace quarry::kernels
