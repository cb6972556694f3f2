#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <span>

#include "quarry/strategy/detail/sums.hpp"

namespace quarry {

/// A `RowDistance` says how far two rows are from each other: what strategies
/// that cover the pool, or look for neighbours, compare samples by.
///
/// Expressions, for `const D& d` and rows `a`, `b`, both `[D]`, of floats or of
/// doubles, as the embeddings are:
///
///     d.reduced(a, b)    → double: any increasing function of the distance
///                          that is cheaper to compute (its square, say)
///     d.distance(r)      → double: the distance whose reduced form is r, in
///                          whatever unit; scores are in it
///
/// Optional, as of every policy: `d.validate()`, which raises
/// `strategy.bad_param` where an option of it is out of its range. Constructors
/// of strategies call it.
///
/// Laws, to the last bit but for the third, checked by
/// `testing::check_distance`:
///
///     reduced(a, b) == reduced(b, a), finite, ≥ 0
///     reduced(a, a) == 0, of a copy of a row too
///     reduced of floats == reduced of the same numbers as doubles, up to the
///         rounding of double: it is computed in double, from the differences
///         of the rows, so that nothing cancels
///     r < s  ⇒  distance(r) ≤ distance(s), finite;  distance(0) == 0
///
/// The triangle inequality is not asked for. Cost: O(D) a call, for a distance
/// of your own one call a candidate and centre. Threads: called from many at
/// once. The shortest complete model is in examples/extend/my_distance.cpp.
/// Shipped: `Euclidean` (the template to copy), `Cosine`; `SymmetricKl` of
/// probabilities.
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
