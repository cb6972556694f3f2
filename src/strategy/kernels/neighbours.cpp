#include "quarry/strategy/kernels/neighbours.hpp"

#include <algorithm>
#include <limits>

#include "quarry/core/error.hpp"
#include "quarry/strategy/kernels/tiles.hpp"

#include "strategy/kernels/device_neighbours.hpp"

namespace quarry::kernels {
namespace {

// Rows on the right of products at once.
constexpr std::size_t part_rows = 1024;
// With fewer rows than that a device has nothing to do.
constexpr std::size_t least_by_device = 512;

/// Takes rows `[first, first + count)` for neighbours of some: their `mine`
/// nearest so far are `near(i)`, i a place in `some`, and their own number is
/// `number(i)`.
template <class Number, class Near>
void look(const RowSet& some, const Number& number, const RowSet& rows,
          std::size_t first, std::size_t count, std::size_t threads,
          const Near& near) {
  const Panels<double> part(rows.part(first, count), threads);
  for_each_tile<double>(some, part, threads, [&](const Tile<double>& tile) {
    for (std::size_t i = 0; i < tile.rows; ++i) {
      const std::size_t row = number(tile.first_row + i);
      const std::span<Neighbour> mine = near(tile.first_row + i);
      for (std::size_t j = 0; j < tile.columns; ++j) {
        const std::size_t other = first + tile.first_column + j;
        const double squared = tile.squared_distance(i, j);
        // Others ascend: equally near ones stay behind.
        if (!(squared < mine.back().squared) || other == row) continue;
        std::size_t at = mine.size() - 1;
        for (; at > 0 && squared < mine[at - 1].squared; --at) {
          mine[at] = mine[at - 1];
        }
        mine[at] = {squared, static_cast<std::uint32_t>(other)};
      }
    }
    return Flow::go_on;
  });
}

}  // namespace

std::vector<Neighbour> nearest_neighbours(const RowSet& rows, std::size_t k,
                                          std::size_t threads,
                                          SelectDevice* device) {
  QUARRY_EXPECTS(k == 0 || k < rows.size(), "nearest_neighbours: k < N");
  std::vector<Neighbour> near(rows.size() * k,
                              {std::numeric_limits<double>::infinity(), 0});
  if (k == 0) return near;
  const auto of = [&](std::size_t row) {
    return std::span(near).subspan(row * k, k);
  };
  const auto by_processor = [&](std::size_t first, std::size_t count) {
    const auto itself = [](std::size_t i) {
      return i;
    };
    for (const std::size_t end = first + count; first < end;
         first += part_rows) {
      look(rows, itself, rows, first, std::min(part_rows, end - first), threads,
           of);
    }
  };
  if (device == nullptr || rows.size() < least_by_device ||
      !DeviceNeighbours::serves(rows.width())) {
    by_processor(0, rows.size());
    return near;
  }
  DeviceNeighbours search(*device, rows, threads);
  const std::size_t at_once = search.columns_at_once();
  for (std::size_t first = 0; first < rows.size(); first += at_once) {
    const std::size_t count = std::min(at_once, rows.size() - first);
    const std::vector<std::size_t> left = search.look(first, count, k, near);
    if (left.size() == rows.size()) {
      by_processor(first, count);
      continue;
    }
    if (left.empty()) continue;
    const RowSet some = rows.of(left);
    for (std::size_t at = first; at < first + count; at += part_rows) {
      look(
          some, [&](std::size_t i) { return left[i]; }, rows, at,
          std::min(part_rows, first + count - at), threads,
          [&](std::size_t i) { return of(left[i]); });
    }
  }
  return near;
}

std::size_t neighbour_bytes(std::size_t rows, std::size_t width,
                            std::size_t threads) {
  return Panels<double>::bytes(std::min(rows, part_rows), width) +
         tile_bytes<double>(width, threads);
}

std::size_t neighbour_device_bytes(std::size_t rows, std::size_t width,
                                   std::size_t k) {
  return DeviceNeighbours::bytes(rows, width, k);
}

std::vector<double> nearest_of_other_groups(
    const RowSet& rows, std::span<const std::int64_t> groups,
    std::size_t threads, const std::function<Flow()>& go_on,
    SelectDevice* device) {
  QUARRY_EXPECTS(groups.size() == rows.size(),
                 "nearest_of_other_groups: a group a row");
  std::vector<double> nearest(rows.size(),
                              std::numeric_limits<double>::infinity());
  std::vector<std::size_t> left;
  if (device != nullptr && rows.size() >= least_by_device &&
      DeviceNeighbours::serves(rows.width())) {
    const Remainder remainder = DeviceNeighbours(*device, rows, threads)
                                    .look_beyond(groups, nearest, go_on);
    if (remainder.flow == Flow::stop || remainder.rows.empty()) return nearest;
    left = remainder.rows;
  } else {
    left.resize(rows.size());
    for (std::size_t i = 0; i < left.size(); ++i) left[i] = i;
  }
  const RowSet some = left.size() == rows.size() ? rows : rows.of(left);
  const Panels<double> all(rows, threads);
  for_each_tile<double>(some, all, threads, [&](const Tile<double>& tile) {
    for (std::size_t i = 0; i < tile.rows; ++i) {
      const std::size_t row = left[tile.first_row + i];
      double& least = nearest[row];
      const std::int64_t mine = groups[row];
      for (std::size_t j = 0; j < tile.columns; ++j) {
        if (groups[tile.first_column + j] == mine) continue;
        least = std::min(least, tile.squared_distance(i, j));
      }
    }
    return go_on();
  });
  return nearest;
}

}  // namespace quarry::kernels
