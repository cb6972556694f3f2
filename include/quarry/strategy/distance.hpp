#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <span>

#include "quarry/strategy/detail/sums.hpp"

namespace quarry {

/// A `RowDistance` compares two rows of equal width.
///
/// Expressions, for `const D& d` and rows `a`, `b` of floats or of doubles:
///
///     d.reduced(a, b)    → double: any increasing function of the distance
///                          that is cheaper to compute (its square, say)
///     d.distance(r)      → double: the distance whose reduced form is r
///
/// Laws: reduced(a, a) == 0; reduced(a, b) == reduced(b, a) ≥ 0; computed in
/// double from the differences of the rows, so that nothing cancels. Threads:
/// called from many at once. Shipped: `Euclidean`, `Cosine`.
template <class D>
concept RowDistance = std::copy_constructible<D> &&
    requires(const D& d, std::span<const float> a, std::span<const double> b) {
  { d.reduced(a, a) } -> std::same_as<double>;
  { d.reduced(b, b) } -> std::same_as<double>;
  { d.distance(0.0) } -> std::same_as<double>;
};

/// ‖a − b‖₂; reduced: its square.
struct Euclidean {
  template <class T>
  double reduced(std::span<const T> a, std::span<const T> b) const {
    return detail::sum_of_squares(
        a.size(), [&](std::size_t i) { return double{a[i]} - double{b[i]}; });
  }
  double distance(double reduced) const { return std::sqrt(reduced); }
};

/// 1 − ⟨a, b⟩ / (‖a‖ ‖b‖), from 0 to 2: the angle counts, lengths do not. As
/// ½ ‖a / ‖a‖ − b / ‖b‖‖², so that nothing cancels. A row of zeros has no
/// angle: it is at a distance of 1 from all others, and of 0 from its like.
struct Cosine {
  template <class T>
  double reduced(std::span<const T> a, std::span<const T> b) const {
    const double a_length = detail::length_of(a);
    const double b_length = detail::length_of(b);
    if (a_length == 0.0 || b_length == 0.0) return a_length == b_length ? 0 : 1;
    return detail::sum_of_squares(a.size(),
                                  [&](std::size_t i) {
                                    return double{a[i]} / a_length -
                                           double{b[i]} / b_length;
                                  }) /
           2;
  }
  double distance(double reduced) const { return reduced; }
};

}  // namespace quarry
