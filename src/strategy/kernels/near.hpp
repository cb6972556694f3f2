#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "quarry/strategy/detail/parallel.hpp"

#include "strategy/infinity.hpp"
#include "strategy/kernels/device_sums.hpp"
#include "strategy/kernels/distance_bounds.hpp"

namespace quarry::kernels {

/// The centres that may be nearest to a row, as a device bounds them.
struct Near {
  static constexpr std::size_t most = 4;

  std::array<Candidate, most> candidates;  // in the order of centres
  std::size_t count;
  double limit;   // not below the distance to the nearest
  double others;  // not above that of those that are not among them

  std::span<const Candidate> first() const {
    return std::span(candidates).first(count);
  }
};

/// Those of row `part.least.rows[found]`, of which at most `Near::most` were
/// asked for.
inline Near near_of(const DeviceSums::Part& part, std::size_t found,
                    const DistanceBounds& bounds) {
  const float norm = part.norms[part.least.rows[found]];
  Near near{.candidates = {},
            .count = std::min(Near::most, part.centre_norms.size()),
            .limit = detail::infinity,
            .others = detail::infinity};
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

/// The rows of which `decide(r)` says no, r being a place in
/// `part.least.rows`. It is asked by many threads, each of which has some that
/// `make()` gives.
template <class Make>
std::vector<std::size_t> undecided(const DeviceSums::Part& part,
                                   std::size_t threads, std::size_t width,
                                   const Make& make) {
  const std::vector<std::uint32_t>& rows = part.least.rows;
  std::vector<char> decided(rows.size());
  detail::parallel_blocks(
      rows.size(), 64,
      detail::threads_worth(threads, part.least.columns.size() * width),
      [&](std::size_t begin, std::size_t end) {
        auto decide = make();
        for (std::size_t r = begin; r < end; ++r) {
          decided[r] = decide(r) ? 1 : 0;
        }
      });
  std::vector<std::size_t> left;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    if (decided[r] == 0) left.push_back(part.first + rows[r]);
  }
  return left;
}

/// How many rows a device is asked for where k are looked for: some that bounds
/// cannot tell from them, too.
inline std::size_t most_asked(std::size_t k) {
  return k + k / 4 + 8;
}

/// Calls `show(centres)` for what a device gave of a row, as above, a few at a
/// time, nearest first by lower bounds, while these are not above `limit()`.
/// False when a centre that it did not give may be as near as that.
template <class Limit, class Show>
bool show_near(const DeviceSums::Part& part, std::size_t found,
               const DistanceBounds& bounds, const Limit& limit,
               const Show& show) {
  const std::size_t kept = part.least.columns.size() / part.least.rows.size();
  const std::size_t begin = found * kept;
  const auto is_farther = [&](std::size_t c) {
    return bounds.lower(part.norms[part.least.rows[found]],
                        part.least.sums[begin + c]) > limit();
  };
  constexpr std::size_t at_once = 8;
  for (std::size_t c = 0; c < kept;) {
    std::array<std::size_t, at_once> centres;
    std::size_t count = 0;
    bool enough = false;
    for (; c < kept && count < at_once && !enough; ++c) {
      enough = is_farther(c);
      if (!enough) centres[count++] = part.least.columns[begin + c];
    }
    show(std::span<const std::size_t>(centres).first(count));
    if (enough) return true;
  }
  return kept == part.centre_norms.size() || is_farther(kept - 1);
}

}  // namespace quarry::kernels
