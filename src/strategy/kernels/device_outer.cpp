#include "strategy/kernels/device_outer.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "strategy/infinity.hpp"
#include "strategy/kernels/near.hpp"

namespace quarry::kernels {
namespace {

constexpr double unit = std::numeric_limits<float>::epsilon() / 2;
constexpr double most_squared_x = 1e18;
constexpr double most_squared_z = 4;

double gamma(std::size_t width) {
  return static_cast<double>(width) * unit /
         (1 - static_cast<double>(width) * unit);
}

/// With u the unit roundoff, γ = D u / (1 − D u) and γ' of the two parts, and
/// G, G' the squared norms of two rows x ⊗ z: the rows' own rounding and that
/// of sums take a product of x off by (1 + γ)(1 + u)² − 1 of ‖x‖ ‖y‖, so that
/// that of both is off by (1 + γ)(1 + γ')(1 + u)⁵ − 1 of √G √G', which is at
/// most half of G + G'. For γ ≤ ¼ that is γ + γ' + γ γ' + 8 u, and twice the
/// product off by so much of G + G'. Norms are off by 5 u each, 2 u from the
/// rounding of either part and one of their own, n by another, s by 3 u at
/// most, and what is computed in double by less than u: 18 u, or 20 where γ is
/// ¼. The rest is room for a comparison in float.
///
/// Of denormals a product of x may lack 2⁻¹²⁶ (D + 2 √D ‖x‖), of ‖x‖ below
/// 10⁹, times a product of z, below 5; one of z 2⁻¹²⁶ (E + 4 √E), times a
/// product of x, below 1.3 · 10¹⁸.
DistanceBounds outer_bounds(std::size_t x_width, std::size_t z_width) {
  const double x = gamma(x_width), z = gamma(z_width);
  return {x + z + x * z + 24 * unit,
          16 * most_squared_x * static_cast<double>(x_width + z_width) *
              std::numeric_limits<float>::min()};
}

/// Both parts of a row side by side, with the squared norm of what they stand
/// for: ∞ where they are too large.
FloatRows floats_of(const RowSet& x, const RowSet& z) {
  return {x.size(), x.width() + z.width(),
          [x, z](std::size_t row, std::span<float> out) {
            const auto square = [&](const RowSet& of, std::span<float> part) {
              of.read(row, part);
              double sum = 0.0;
              for (const float value : part) sum += double{value} * value;
              return sum;
            };
            const double xx = square(x, out.first(x.width()));
            const double zz = square(z, out.subspan(x.width()));
            return xx < most_squared_x && zz < most_squared_z
                       ? static_cast<float>(xx * zz)
                       : std::numeric_limits<float>::infinity();
          }};
}

}  // namespace

DeviceOuter::DeviceOuter(SelectDevice& device, const RowSet& x, const RowSet& z,
                         std::size_t threads)
    : sums_(device, floats_of(x, z), outer_bounds(x.width(), z.width()),
            threads, x.width()) {}

bool DeviceOuter::serves(std::size_t x_width, std::size_t z_width) {
  constexpr auto most = static_cast<std::size_t>(0.2 / unit);
  return x_width != 0 && z_width != 0 && x_width <= most && z_width <= most;
}

std::size_t DeviceOuter::bytes(std::size_t rows, std::size_t centres,
                               std::size_t width) {
  // A list that grows holds room for twice what is in it.
  return DeviceSums::bytes(rows, centres, width) +
         rows * 2 * Near::most * sizeof(std::size_t);
}

Remainder DeviceOuter::open(const RowSet& x, const RowSet& z,
                            std::span<const double> squared,
                            std::vector<std::vector<std::size_t>>& open,
                            const std::function<Flow()>& go_on) {
  open.assign((x.size() + group - 1) / group, {});
  const auto take = [&](const DeviceSums::Part& part) {
    std::vector<std::size_t> remain;
    for (std::size_t r = 0; r < part.least.rows.size(); ++r) {
      const std::size_t row = part.first + part.least.rows[r];
      const Near near = near_of(part, r, sums_.bounds());
      const double best = squared[row];
      const auto may_be_nearest = [&](double lower) {
        return lower < best && lower <= near.limit;
      };
      if (may_be_nearest(near.others)) {
        remain.push_back(row);
        continue;
      }
      std::size_t next = 0;  // group
      for (const Candidate& candidate : near.first()) {
        const std::size_t mine = candidate.centre / group;
        if (mine < next || !may_be_nearest(candidate.lower)) continue;
        open[mine].push_back(row);
        next = mine + 1;
      }
    }
    return remain;
  };
  return sums_.least(
      floats_of(x, z), Near::most,
      [&](std::size_t i) {
        return squared[i] > 0.0 ? squared[i] : -detail::infinity;
      },
      take, go_on);
}

}  // namespace quarry::kernels
