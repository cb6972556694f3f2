#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <span>

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
    // So many sums side by side, always added up in the same order: compilers
    // may not reorder one sum, but they make vectors of these.
    constexpr std::size_t lanes = 8;
    std::array<double, lanes> sums{};
    const std::size_t whole = a.size() - a.size() % lanes;
    for (std::size_t i = 0; i < whole; i += lanes) {
      for (std::size_t j = 0; j < lanes; ++j) {
        const double d = double{a[i + j]} - double{b[i + j]};
        sums[j] += d * d;
      }
    }
    for (std::size_t i = whole; i < a.size(); ++i) {
      const double d = double{a[i]} - double{b[i]};
      sums[i - whole] += d * d;
    }
    return ((sums[0] + sums[4]) + (sums[2] + sums[6])) +
           ((sums[1] + sums[5]) + (sums[3] + sums[7]));
  }
  double distance(double reduced) const { return std::sqrt(reduced); }
};

/// 1 − ⟨a, b⟩ / (‖a‖ ‖b‖), from 0 to 2: the angle counts, lengths do not. As
/// ½ ‖a / ‖a‖ − b / ‖b‖‖², so that nothing cancels. A row of zeros has no
/// angle: it is at a distance of 1 from all others, and of 0 from its like.
struct Cosine {
  template <class T>
  double reduced(std::span<const T> a, std::span<const T> b) const {
    const double a_length = length(a), b_length = length(b);
    if (a_length == 0.0 || b_length == 0.0) return a_length == b_length ? 0 : 1;
    double sum = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      const double d = double{a[i]} / a_length - double{b[i]} / b_length;
      sum += d * d;
    }
    return sum / 2;
  }
  double distance(double reduced) const { return reduced; }

 private:
  /// Scaled, so that no square overflows or vanishes.
  template <class T>
  static double length(std::span<const T> row) {
    double most = 0.0;
    for (const T x : row) most = std::max(most, std::abs(double{x}));
    if (most == 0.0) return 0.0;
    double sum = 0.0;
    for (const T x : row) sum += (x / most) * (x / most);
    return most * std::sqrt(sum);
  }
};

}  // namespace quarry
