#include <algorithm>
#include <array>
#include <atomic>
#include <numeric>
#include <vector>

#include <oneapi/tbb/enumerable_thread_specific.h>

#include "quarry/strategy/kernels/nearest.hpp"
#include "quarry/strategy/kernels/panels.hpp"
#include "quarry/strategy/kernels/squared_distance.hpp"
#include "quarry/strategy/kernels/tiles.hpp"

#include "strategy/infinity.hpp"
#include "strategy/kernels/device_nearest.hpp"
#include "strategy/kernels/tile_bounds.hpp"

namespace quarry::kernels {
namespace {

/// Which centres may be the nearest to a row, over all columns seen so far.
struct Open {
  double limit = detail::infinity;  // not below the distance to the nearest
  std::vector<Candidate> candidates = {};
};

std::vector<std::size_t> all_up_to(std::size_t count) {
  std::vector<std::size_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), std::size_t{0});
  return numbers;
}

}  // namespace

/// Sets `which` of some rows to the nearest of some centres, or, `against_own`,
/// to one of them that is nearer than the one it is set to, or as near and
/// before it.
Flow Nearest::assign_some(std::span<const std::size_t> rows,
                          const RowSet& centres,
                          std::span<const std::size_t> columns,
                          bool against_own, std::span<std::uint32_t> which,
                          const std::function<Flow()>& go_on) const {
  if (rows.empty() || columns.empty()) return go_on();
  const Panels<float> panels(about_origin(centres.of(columns)), threads_);
  oneapi::tbb::enumerable_thread_specific<std::array<Open, tile_rows>> states;
  std::atomic<Flow> flow = Flow::go_on;
  const auto look = [&](const Tile<float>& tile) {
    TileBounds bounds(tile, rows_.width());
    bounds.find_least();
    SquaredDistance exact(rows_, centres);
    auto& open = states.local();
    const bool last = tile.first_column + tile.columns == columns.size();
    for (std::size_t i = 0; i < tile.rows; ++i) {
      const std::size_t row = rows[tile.first_row + i];
      // No structured binding: clang 14 lets no lambda capture one.
      auto& limit = open[i].limit;
      auto& candidates = open[i].candidates;
      if (tile.first_column == 0) {
        limit = against_own ? exact(row, which[row]) : detail::infinity;
        candidates.clear();
        if (against_own) candidates.push_back({which[row], limit});
      }
      limit = std::min(limit, bounds.least_upper(i));
      if (bounds.least(i) <= limit) {
        bounds.for_each_within(i, limit, [&](std::size_t j, double lower) {
          candidates.push_back({columns[tile.first_column + j], lower});
        });
      }
      if (!last) continue;
      std::erase_if(candidates, [&](const Candidate& candidate) {
        return candidate.lower > limit;
      });
      which[row] =
          static_cast<std::uint32_t>(nearest_of(candidates, row, exact));
    }
    const Flow answer = go_on();
    if (answer == Flow::stop) flow = answer;
    return answer;
  };
  for_each_tile<float>(moved_.of(rows), panels, threads_, look);
  return flow;
}

Flow Nearest::assign(const RowSet& centres, std::span<std::uint32_t> which,
                     const std::function<Flow()>& go_on) const {
  QUARRY_EXPECTS(which.size() == rows_.size(), "Nearest: one centre a row");
  if (device_ == nullptr) {
    return assign_some(all_up_to(rows_.size()), centres,
                       all_up_to(centres.size()), false, which, go_on);
  }
  const Remainder left =
      device_->assign(centres, about_origin(centres), which, go_on);
  if (left.flow == Flow::stop || left.rows.empty()) return left.flow;
  return assign_some(left.rows, centres, all_up_to(centres.size()), false,
                     which, go_on);
}

Flow Nearest::reassign(const RowSet& centres,
                       std::span<const std::size_t> changed,
                       std::span<std::uint32_t> which,
                       const std::function<Flow()>& go_on) const {
  QUARRY_EXPECTS(which.size() == rows_.size(), "Nearest: one centre a row");
  // It knows all rows, but not some of them.
  if (device_ != nullptr && !device_->given_up())
    return assign(centres, which, go_on);
  std::vector<bool> is_changed(centres.size(), false);
  for (const std::size_t centre : changed) {
    QUARRY_EXPECTS(centre < centres.size(), "Nearest: no such centre");
    is_changed[centre] = true;
  }
  // Of the centres that stay where they are, a row's own stays the nearest.
  std::vector<std::size_t> anew, against_own;
  for (std::size_t i = 0; i < which.size(); ++i)
    (is_changed[which[i]] ? anew : against_own).push_back(i);
  if (assign_some(anew, centres, all_up_to(centres.size()), false, which,
                  go_on) == Flow::stop) {
    return Flow::stop;
  }
  return assign_some(against_own, centres, changed, true, which, go_on);
}

}  // namespace quarry::kernels
