#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "quarry/strategy/distance.hpp"
#include "quarry/testing/law_report.hpp"

namespace quarry::testing {

struct CheckDistanceOptions {
  /// Decides the rows; the same seed finds the same.
  std::uint64_t seed = 0;
  /// The rows of each set, which are compared pair by pair; ≥ 2.
  std::size_t rows = 24;
  /// Rows are probabilities, each with a sum of 1, for a distance of these.
  bool probabilities = false;
};

namespace detail {

/// A distance whose type is forgotten.
struct AnyDistance {
  std::function<double(std::span<const float>, std::span<const float>)> floats;
  std::function<double(std::span<const double>, std::span<const double>)>
      doubles;
  std::function<double(double)> distance;
};

LawReport check_distance(const AnyDistance& distance,
                         const CheckDistanceOptions& options);

}  // namespace detail

/// Checks the laws of a `RowDistance` (see strategy/distance.hpp) on pairs of
/// rows of 1 to 33 numbers, floats and doubles: in general position, coarse,
/// far from the origin and close to each other, tiny, copies, zeros; an empty
/// report means that none was seen broken.
///
///     reduced(a, b) == reduced(b, a), finite, ≥ 0
///     reduced(a, a) == 0, of copies too
///     reduced of floats == that of the same numbers as doubles, within 1e-9 of
///         it: whoever computes in float is told
///     distance(r) ascends with r, finite;  distance(0) == 0
///     the same from many threads at once
///
/// Of each law the first violation is told, and how many followed. Cost:
/// O(rows² D) calls' worth, well below a second.
template <RowDistance D>
LawReport check_distance(const D& distance,
                         const CheckDistanceOptions& options = {}) {
  return detail::check_distance(
      {.floats =
           [&](std::span<const float> a, std::span<const float> b) {
             return distance.reduced(a, b);
           },
       .doubles =
           [&](std::span<const double> a, std::span<const double> b) {
             return distance.reduced(a, b);
           },
       .distance =
           [&](double r) {
             return distance.distance(r);
           }},
      options);
}

}  // namespace quarry::testing
