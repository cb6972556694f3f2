#include "quarry/strategy/kernels/neighbours.hpp"

#include <algorithm>
#include <limits>

#include "quarry/core/error.hpp"
#include "quarry/strategy/kernels/tiles.hpp"

namespace quarry::kernels {
namespace {

// Rows on the right of products at once.
constexpr std::size_t part_rows = 1024;

}  // namespace

std::vector<Neighbour> nearest_neighbours(const RowSet& rows, std::size_t k,
                                          std::size_t threads) {
  QUARRY_EXPECTS(k == 0 || k < rows.size(), "nearest_neighbours: k < N");
  std::vector<Neighbour> near(rows.size() * k,
                              {std::numeric_limits<double>::infinity(), 0});
  if (k == 0) return near;
  for (std::size_t first = 0; first < rows.size(); first += part_rows) {
    const std::size_t count = std::min(part_rows, rows.size() - first);
    const Panels<double> part(rows.part(first, count), threads);
    for_each_tile<double>(rows, part, threads, [&](const Tile<double>& tile) {
      for (std::size_t i = 0; i < tile.rows; ++i) {
        const std::size_t row = tile.first_row + i;
        Neighbour* const mine = near.data() + row * k;
        for (std::size_t j = 0; j < tile.columns; ++j) {
          const std::size_t other = first + tile.first_column + j;
          const double squared = tile.squared_distance(i, j);
          // Others ascend: equally near ones stay behind.
          if (!(squared < mine[k - 1].squared) || other == row) continue;
          std::size_t at = k - 1;
          for (; at > 0 && squared < mine[at - 1].squared; --at) {
            mine[at] = mine[at - 1];
          }
          mine[at] = {squared, static_cast<std::uint32_t>(other)};
        }
      }
      return Flow::go_on;
    });
  }
  return near;
}

std::size_t neighbour_bytes(std::size_t rows, std::size_t width,
                            std::size_t threads) {
  return Panels<double>::bytes(std::min(rows, part_rows), width) +
         tile_bytes<double>(width, threads);
}

}  // namespace quarry::kernels
