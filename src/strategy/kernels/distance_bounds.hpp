#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>

#include "quarry/strategy/kernels/squared_distance.hpp"
#include "quarry/strategy/kernels/tiles.hpp"

namespace quarry::kernels {

/// Whether products with a row of this squared norm stay within float's range.
inline bool in_range(float norm) {
  return norm < 1e37F;
}

/// Bounds on ‖x − y‖² of rows within float's range, from their squared norms
/// and s = n − 2⟨x, y⟩, n = `lowered(‖y‖²)`, as `Tile<float>` or a
/// `SelectDevice` rounds them; with errors of their own, on other distances.
class DistanceBounds {
 public:
  explicit DistanceBounds(std::size_t width)
      : DistanceBounds(squared_error(width), squared_error_floor(width)) {}
  /// With an error in units of ‖x‖² + ‖y‖², and what is to be added for
  /// denormals.
  DistanceBounds(double error, double floor) : error_(error), floor_(floor) {}

  float lowered(float norm) const {
    return static_cast<float>(norm * (1.0 - error_));
  }
  /// Not above the distance.
  double lower(float norm, float s) const {
    return norm * (1.0 - error_) + s - floor_;
  }
  /// Not below it, when added to `lower`.
  double slack(float norm, float other) const {
    return 2 * (error_ * (double{norm} + other) + floor_);
  }
  /// No s above that has a `lower` of `limit` or less.
  float greatest(float norm, double limit) const {
    const double rest = limit - norm * (1.0 - error_) + floor_;
    return std::nextafter(static_cast<float>(rest),
                          std::numeric_limits<float>::infinity());
  }

 private:
  double error_;
  double floor_;
};

/// A centre that may be the nearest to a row.
struct Candidate {
  std::size_t centre;
  double lower;  // not above its distance
};

/// The first of the nearest of some, at least one.
inline std::size_t nearest_of(std::span<const Candidate> candidates,
                              std::size_t row, SquaredDistance& exact) {
  std::size_t nearest = candidates.front().centre;
  if (candidates.size() == 1) return nearest;
  double best = std::numeric_limits<double>::infinity();
  for (const auto& [centre, lower] : candidates) {
    if (lower > best) continue;
    const double distance = exact(row, centre);
    if (!(distance < best || (distance == best && centre < nearest))) continue;
    best = distance;
    nearest = centre;
  }
  return nearest;
}

}  // namespace quarry::kernels
