#include "strategy/kernels/device_nearest.hpp"

#include <algorithm>
#include <limits>

#include "quarry/strategy/detail/parallel.hpp"

namespace quarry::kernels {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

DeviceNearest::DeviceNearest(SelectDevice& device, const RowSet& rows,
                             const RowSet& moved, std::size_t threads)
    : rows_(rows),
      threads_(threads),
      sums_(device, floats_of(moved), DistanceBounds(rows.width()), threads) {}

bool DeviceNearest::serves(std::size_t width) {
  return width != 0 && squared_error(width) < infinity;
}

DeviceNearest::Near DeviceNearest::near(const DeviceSums::Part& part,
                                        std::size_t found) const {
  const DistanceBounds& bounds = sums_.bounds();
  const float norm = part.norms[part.least.rows[found]];
  Near near{.candidates = {},
            .count = std::min(most, part.centre_norms.size()),
            .limit = infinity,
            .others = infinity};
  for (std::size_t c = 0; c < near.count; ++c) {
    const std::size_t place = found * near.count + c;
    const std::size_t centre = part.least.columns[place];
    const double lower = bounds.lower(norm, part.least.sums[place]);
    std::size_t at = c;
    for (; at > 0 && near.candidates[at - 1].centre > centre; --at) {
      near.candidates[at] = near.candidates[at - 1];
    }
    near.candidates[at] = {centre, lower};
    near.limit = std::min(
        near.limit, lower + bounds.slack(norm, part.centre_norms[centre]));
    if (near.count < part.centre_norms.size()) near.others = lower;
  }
  return near;
}

std::vector<std::size_t> DeviceNearest::decide_all(const DeviceSums::Part& part,
                                                   const RowSet& centres,
                                                   const Decide& decide) const {
  const std::vector<std::uint32_t>& rows = part.least.rows;
  std::vector<char> decided(rows.size());
  detail::parallel_blocks(
      rows.size(), 64,
      detail::threads_worth(threads_, rows.size() * rows_.width()),
      [&](std::size_t begin, std::size_t end) {
        SquaredDistance exact(rows_, centres);
        for (std::size_t r = begin; r < end; ++r) {
          decided[r] =
              decide(part.first + rows[r], near(part, r), exact) ? 1 : 0;
        }
      });
  std::vector<std::size_t> remain;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    if (decided[r] == 0) remain.push_back(part.first + rows[r]);
  }
  return remain;
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
      floats_of(moved), most,
      [&](std::size_t i) { return squared[i] > 0.0 ? squared[i] : -infinity; },
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
      floats_of(moved), most, [](std::size_t) { return infinity; },
      [&](const DeviceSums::Part& part) {
        return decide_all(part, centres, decide);
      },
      go_on);
}

bool DeviceNearest::lower_bounds(const RowSet& moved, std::span<float> out) {
  return sums_.lower_bounds(floats_of(moved), out);
}

}  // namespace quarry::kernels
