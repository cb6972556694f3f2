#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <span>

#include "quarry/strategy/detail/expects_policy.hpp"
#include "quarry/strategy/detail/options.hpp"
#include "quarry/strategy/distance.hpp"

namespace quarry {

/// A `ProductKernel` says how alike two rows a and b are from their inner
/// products, which are computed for many rows at once.
///
/// Expressions, for `const K& k` and numbers of type double:
///
///     k.similarity(ab, aa, bb)  → double, from ⟨a, b⟩, ‖a‖² and ‖b‖²; higher
///                                 is more alike
///     K::unit_rows              → bool: rows are divided by their length first
///                                 (rows of zeros stay), so that aa and bb are
///                                 1 up to rounding, or 0
///
/// Laws, to the last bit, checked by `testing::check_kernel`:
///
///     similarity(ab, aa, bb) == similarity(ab, bb, aa), finite
///     it depends on its arguments alone: equal rows have equal products, and
///         so are equally like any row
///
/// `LogDet` asks besides that matrices of similarities be positive
/// semidefinite. Cost: O(1) a pair, after products near the peak of the
/// processor. Threads: called from many at once. The shortest complete models
/// are in examples/extend/my_kernel.cpp. Shipped: `CosineKernel` (the template
/// to copy), `RbfKernel`, `BallKernel`.
template <class K>
concept ProductKernel = std::copy_constructible<K> &&
    requires(const K& k, double product) {
  { k.similarity(product, product, product) } -> std::same_as<double>;
  { K::unit_rows } -> std::convertible_to<bool>;
};

/// A `BoundedKernel` is a `ProductKernel` of rows of length 1 that, given how
/// far rows are at least, says how alike they are at most, for many pairs at
/// once and in float. Those bounds are several times as fast as similarities,
/// and decide most of what a search asks.
///
/// Expressions, besides those of `ProductKernel`:
///
///     k.bounds(values)  → void, for a `std::span<float>`: in, numbers that
///                         ‖a − b‖² is not below, finite; out, numbers that the
///                         similarity is not above, and hardly below
///
/// Rows of zeros keep their length of 0. Laws, checked by
/// `testing::check_kernel`, with v ≤ ‖a − b‖² for the value that came in:
///
///     bounds(v) ≥ similarity of a and b, never NaN
///     bounds(v) ≈ similarity where v ≈ ‖a − b‖², or bounds decide nothing
///
/// Cost and threads as above. The template to copy is `CosineKernel`. Shipped:
/// `CosineKernel`, `RbfKernel`, `BallKernel`.
template <class K>
concept BoundedKernel = ProductKernel<K> && K::unit_rows &&
    requires(const K& k, std::span<float> values) {
  { k.bounds(values) } -> std::same_as<void>;
};

/// A `PairKernel` says how alike two rows are from the rows themselves: slower,
/// but nothing cancels.
///
/// Expressions, for `const K& k` and rows `a`, `b`, both `[D]`, of doubles:
///
///     k.similarity(a, b)  → double; higher is more alike
///
/// Laws, to the last bit, checked by `testing::check_kernel`:
///
///     similarity(a, b) == similarity(b, a), finite
///     it depends on the numbers of its rows alone
///
/// Cost: O(D) a pair. Threads: called from many at once. The shortest complete
/// models are in examples/extend/my_kernel.cpp. Shipped: `InverseDistance` (the
/// template to copy), `RawRbfKernel`.
template <class K>
concept PairKernel = std::copy_constructible<K> &&
    requires(const K& k, std::span<const double> row) {
  { k.similarity(row, row) } -> std::same_as<double>;
};

/// A `RowKernel` says how alike two rows are, in one of these ways; a type that
/// has both is taken for a `ProductKernel`.
template <class K>
concept RowKernel = ProductKernel<K> || PairKernel<K>;

/// ⟨a, b⟩ / (‖a‖ ‖b‖), from −1 to 1; exactly 1 for equal rows, and 0 where a
/// row is all zeros.
struct CosineKernel {
  static constexpr bool unit_rows = true;
  double similarity(double ab, double aa, double bb) const {
    const double lengths = std::sqrt(aa * bb);
    return lengths > 0.0 ? std::clamp(ab / lengths, -1.0, 1.0) : 0.0;
  }
  void bounds(std::span<float> values) const {
    // 1 − ‖a − b‖² / 2, and an ulp for its rounding.
    for (float& value : values) value = 1.0000002F - 0.5F * value;
  }
};

/// exp(−‖a − b‖² / σ²) of rows of length 1, from 0 to 1; exactly 1 for equal
/// rows.
struct RbfKernel {
  static constexpr bool unit_rows = true;
  /// σ: finite, > 0.
  double sigma = 1.0;
  /// Raises `strategy.bad_param`.
  void validate() const;
  double similarity(double ab, double aa, double bb) const {
    const double squared = std::max(0.0, (aa + bb) - 2.0 * ab);
    return std::exp(-squared / (sigma * sigma));
  }
  void bounds(std::span<float> values) const;
};

/// exp(−‖a − b‖² / σ²) of rows as they are, from their differences.
struct RawRbfKernel {
  /// σ: finite, > 0, in the units of the rows.
  double sigma = 1.0;
  /// Raises `strategy.bad_param`.
  void validate() const;
  double similarity(std::span<const double> a,
                    std::span<const double> b) const {
    return std::exp(-Euclidean().reduced(a, b) / (sigma * sigma));
  }
};

/// 1 / (1 + d(a, b)), from 0 to 1, of rows as they are.
template <class Distance = Euclidean>
struct InverseDistance {
  QUARRY_EXPECTS_ROW_DISTANCE("InverseDistance", Distance);

  Distance distance = {};
  /// Raises what that of the distance raises.
  void validate() const { detail::validate(distance); }
  double similarity(std::span<const double> a,
                    std::span<const double> b) const {
    return 1.0 / (1.0 + distance.distance(distance.reduced(a, b)));
  }
};

}  // namespace quarry
