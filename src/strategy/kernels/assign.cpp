#include <algorithm>
#include <array>
#include <atomic>
#include <limits>
#include <vector>

#include <oneapi/tbb/enumerable_thread_specific.h>

#include "quarry/strategy/kernels/nearest.hpp"
#include "quarry/strategy/kernels/panels.hpp"
#include "quarry/strategy/kernels/squared_distance.hpp"
#include "quarry/strategy/kernels/tiles.hpp"

#include "strategy/kernels/tile_bounds.hpp"

namespace quarry::kernels {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

struct Candidate {
  std::size_t centre;
  double lower;  // not above its distance
};

/// Which centres may be the nearest to a row, over all columns seen so far.
struct Open {
  double limit = infinity;  // not below the distance to the nearest
  std::vector<Candidate> candidates = {};
};

/// The first of the nearest of them.
std::size_t nearest_of(const Open& open, std::size_t row,
                       SquaredDistance& exact) {
  std::size_t nearest = open.candidates.front().centre;
  if (open.candidates.size() == 1) return nearest;
  double best = infinity;
  for (const auto& [centre, lower] : open.candidates) {
    if (lower >= best) continue;
    const double distance = exact(row, centre);
    if (!(distance < best)) continue;
    best = distance;
    nearest = centre;
  }
  return nearest;
}

}  // namespace

Flow Nearest::assign(const RowSet& centres, std::span<std::uint32_t> which,
                     const std::function<Flow()>& go_on) const {
  QUARRY_EXPECTS(which.size() == rows_.size(), "Nearest: one centre a row");
  const Panels<float> panels(about_origin(centres), threads_);
  oneapi::tbb::enumerable_thread_specific<std::array<Open, tile_rows>> states;
  std::atomic<Flow> flow = Flow::go_on;
  const auto look = [&](const Tile<float>& tile) {
    TileBounds bounds(tile, rows_.width());
    bounds.find_least();
    SquaredDistance exact(rows_, centres);
    auto& open = states.local();
    const bool last = tile.first_column + tile.columns == centres.size();
    for (std::size_t i = 0; i < tile.rows; ++i) {
      // No structured binding: clang 14 lets no lambda capture one.
      auto& limit = open[i].limit;
      auto& candidates = open[i].candidates;
      if (tile.first_column == 0) {
        limit = infinity;
        candidates.clear();
      }
      limit = std::min(limit, bounds.least_upper(i));
      if (bounds.least(i) <= limit) {
        bounds.for_each_within(i, limit, [&](std::size_t j, double lower) {
          candidates.push_back({tile.first_column + j, lower});
        });
      }
      if (!last) continue;
      std::erase_if(candidates, [&](const Candidate& candidate) {
        return candidate.lower > limit;
      });
      which[tile.first_row + i] = static_cast<std::uint32_t>(
          nearest_of(open[i], tile.first_row + i, exact));
    }
    const Flow answer = go_on();
    if (answer == Flow::stop) flow = answer;
    return answer;
  };
  for_each_tile<float>(moved_, panels, threads_, look);
  return flow;
}

}  // namespace quarry::kernels
