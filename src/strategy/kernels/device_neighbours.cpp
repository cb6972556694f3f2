#include "strategy/kernels/device_neighbours.hpp"

#include <algorithm>
#include <map>

#include "strategy/infinity.hpp"
#include "strategy/kernels/device_nearest.hpp"
#include "strategy/kernels/device_rows.hpp"
#include "strategy/kernels/near.hpp"

namespace quarry::kernels {
namespace {

bool before(const Neighbour& a, const Neighbour& b) {
  return a.squared < b.squared || (a.squared == b.squared && a.index < b.index);
}

void offer(std::span<Neighbour> near, const Neighbour& one) {
  std::size_t at = near.size() - 1;
  if (!before(one, near[at])) return;
  for (; at > 0 && before(one, near[at - 1]); --at) near[at] = near[at - 1];
  near[at] = one;
}

}  // namespace

DeviceNeighbours::DeviceNeighbours(SelectDevice& device, const RowSet& rows,
                                   std::size_t threads)
    : device_(device),
      rows_(rows),
      threads_(threads),
      exact_(rows, threads),
      tiles_(device, rows, exact_.largest_norm(), threads) {}

bool DeviceNeighbours::serves(std::size_t width) {
  return DeviceNearest::serves(width);
}

std::size_t DeviceNeighbours::columns_at_once() const {
  return rows_a_block(device_, rows_.width());
}

std::size_t DeviceNeighbours::bytes(std::size_t rows, std::size_t width,
                                    std::size_t k) {
  return TileDistances::bytes(rows, width) +
         DeviceSums::bytes(rows, std::min(rows, most_rows_a_block(width)),
                           width) +
         std::min(rows, most_at_once) * (most_asked(k) + 1) * 2 *
             sizeof(float) +
         rows * sizeof(std::size_t);
}

bool DeviceNeighbours::decide(const DeviceSums::Part& part, std::size_t found,
                              std::size_t first,
                              std::span<Neighbour> near) const {
  const std::size_t row = part.first + part.least.rows[found];
  std::vector<Neighbour> mine(near.begin(), near.end());
  std::vector<std::size_t> others;
  std::vector<double> squared;
  const bool decided = show_near(
      part, found, tiles_.sums().bounds(), [&] { return mine.back().squared; },
      [&](std::span<const std::size_t> columns) {
        others.clear();
        for (const std::size_t column : columns) {
          if (first + column != row) others.push_back(first + column);
        }
        squared.resize(others.size());
        exact_(row, others, squared);
        for (std::size_t n = 0; n < others.size(); ++n) {
          offer(mine, {squared[n], static_cast<std::uint32_t>(others[n])});
        }
      });
  if (decided) std::copy(mine.begin(), mine.end(), near.begin());
  return decided;
}

std::vector<std::size_t> DeviceNeighbours::look(std::size_t first,
                                                std::size_t count,
                                                std::size_t k,
                                                std::span<Neighbour> near) {
  const auto of = [&](std::size_t row) {
    return near.subspan(row * k, k);
  };
  return tiles_.sums()
      .least(
          tiles_.columns(rows_.part(first, count)), most_asked(k) + 1,
          [&](std::size_t row) { return of(row).back().squared; },
          [&](const DeviceSums::Part& part) {
            return undecided(part, threads_, rows_.width(), [&] {
              return [&](std::size_t found) {
                return decide(part, found, first,
                              of(part.first + part.least.rows[found]));
              };
            });
          },
          [] { return Flow::go_on; })
      .rows;
}

bool DeviceNeighbours::decide_least(const DeviceSums::Part& part,
                                    std::size_t found,
                                    std::span<const std::size_t> columns,
                                    double& least) const {
  const Near near = near_of(part, found, tiles_.sums().bounds());
  const auto may_be_nearest = [&](double lower) {
    return lower < least && lower <= near.limit;
  };
  if (may_be_nearest(near.others)) return false;
  for (const Candidate& candidate : near.first()) {
    if (!may_be_nearest(candidate.lower)) continue;
    double squared = 0.0;
    exact_(part.first + part.least.rows[found],
           columns.subspan(candidate.centre, 1), std::span(&squared, 1));
    least = std::min(least, squared);
  }
  return true;
}

Remainder DeviceNeighbours::look_beyond(std::span<const std::int64_t> groups,
                                        std::span<double> nearest,
                                        const std::function<Flow()>& go_on) {
  std::map<std::int64_t, std::vector<std::size_t>> members;
  for (std::size_t i = 0; i < groups.size(); ++i)
    members[groups[i]].push_back(i);
  std::vector<bool> remains(groups.size(), false);
  Remainder remainder;
  for (const auto& member : members) {
    if (tiles_.sums().given_up()) {
      std::fill(remains.begin(), remains.end(), true);
      break;
    }
    const std::int64_t group = member.first;
    const auto limit = [&](std::size_t row) {
      const bool done =
          groups[row] == group || remains[row] || !(nearest[row] > 0.0);
      return done ? -detail::infinity : nearest[row];
    };
    std::span<const std::size_t> rest = member.second;
    while (!rest.empty()) {
      const auto some = rest.first(std::min(columns_at_once(), rest.size()));
      rest = rest.subspan(some.size());
      const Remainder left = tiles_.sums().least(
          tiles_.columns(rows_.of(some)), Near::most, limit,
          [&](const DeviceSums::Part& part) {
            return undecided(part, threads_, rows_.width(), [&] {
              return [&](std::size_t found) {
                return decide_least(
                    part, found, some,
                    nearest[part.first + part.least.rows[found]]);
              };
            });
          },
          go_on);
      if (left.flow == Flow::stop) return left;
      for (const std::size_t row : left.rows) remains[row] = true;
    }
  }
  for (std::size_t i = 0; i < remains.size(); ++i) {
    if (remains[i]) remainder.rows.push_back(i);
  }
  return remainder;
}

}  // namespace quarry::kernels
