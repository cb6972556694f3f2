#include "strategy/kernels/device_nearest.hpp"

#include <algorithm>

#include "strategy/infinity.hpp"

namespace quarry::kernels {

DeviceNearest::DeviceNearest(SelectDevice& device, const RowSet& rows,
                             const RowSet& moved, std::size_t threads)
    : rows_(rows),
      threads_(threads),
      sums_(device, floats_of(moved), DistanceBounds(rows.width()), threads) {}

bool DeviceNearest::serves(std::size_t width) {
  return width != 0 && squared_error(width) < detail::infinity;
}

std::vector<std::size_t> DeviceNearest::decide_all(const DeviceSums::Part& part,
                                                   const RowSet& centres,
                                                   const Decide& decide) const {
  return undecided(part, threads_, rows_.width(), [&] {
    return [&, exact = SquaredDistance(rows_, centres)](std::size_t r) mutable {
      return decide(part.first + part.least.rows[r],
                    near_of(part, r, sums_.bounds()), exact);
    };
  });
}

Remainder DeviceNearest::update(const RowSet& centres, const RowSet& moved,
                                std::span<double> squared,
                                std::span<std::uint32_t> which,
                                std::size_t first,
                                const std::function<Flow()>& go_on) {
  const Decide decide = [&](std::size_t i, const Near& near,
                            SquaredDistance& exact) {
    double& best = squared[i];
    const double limit = std::min(best, near.limit);
    if (near.others < best && near.others <= limit) return false;
    for (const Candidate& candidate : near.first()) {
      if (!(candidate.lower < best && candidate.lower <= limit)) continue;
      const double distance = exact(i, candidate.centre);
      if (!(distance < best)) continue;
      best = distance;
      if (which.empty()) continue;
      which[i] = static_cast<std::uint32_t>(first + candidate.centre);
    }
    return true;
  };
  return sums_.least(
      floats_of(moved), Near::most,
      [&](std::size_t i) {
        return squared[i] > 0.0 ? squared[i] : -detail::infinity;
      },
      [&](const DeviceSums::Part& part) {
        return decide_all(part, centres, decide);
      },
      go_on);
}

Remainder DeviceNearest::assign(const RowSet& centres, const RowSet& moved,
                                std::span<std::uint32_t> which,
                                const std::function<Flow()>& go_on) {
  const Decide decide = [&](std::size_t i, const Near& near,
                            SquaredDistance& exact) {
    if (near.others <= near.limit) return false;
    std::vector<Candidate> open;
    for (const Candidate& candidate : near.first()) {
      if (candidate.lower <= near.limit) open.push_back(candidate);
    }
    which[i] = static_cast<std::uint32_t>(nearest_of(open, i, exact));
    return true;
  };
  return sums_.least(
      floats_of(moved), Near::most,
      [](std::size_t) { return detail::infinity; },
      [&](const DeviceSums::Part& part) {
        return decide_all(part, centres, decide);
      },
      go_on);
}

bool DeviceNearest::lower_bounds(const RowSet& moved, std::span<float> out) {
  return sums_.lower_bounds(floats_of(moved), out);
}

}  // namespace quarry::kernels
