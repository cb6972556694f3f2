#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "quarry/strategy/row_kernel.hpp"
#include "quarry/testing/law_report.hpp"

namespace quarry::testing {

struct CheckKernelOptions {
  /// Decides the rows; the same seed finds the same.
  std::uint64_t seed = 0;
  /// The rows of each set, which are compared pair by pair; ≥ 2.
  std::size_t rows = 24;
};

namespace detail {

/// A kernel whose type is forgotten; what it has not is empty.
struct AnyKernel {
  std::function<double(double ab, double aa, double bb)> of_products;
  bool unit_rows = false;
  std::function<void(std::span<float>)> bounds;
  std::function<double(std::span<const double>, std::span<const double>)>
      of_rows;
};

LawReport check_kernel(const AnyKernel& kernel,
                       const CheckKernelOptions& options);

}  // namespace detail

/// Checks the laws of a `RowKernel` (see strategy/row_kernel.hpp) on the rows
/// of `check_distance`, of length 1 where it asks for that; an empty report
/// means that none was seen broken.
///
///     similarity is symmetric and finite
///     rows that are equal are equally like any other, and the same twice
///     bounds(v) ≥ similarity for every v ≤ ‖a − b‖²
///     bounds(v) − similarity ≤ 1e-3 (greatest − least similarity) for nine of
///         ten pairs, v ≈ ‖a − b‖²: looser ones decide nothing
///     the same from many threads at once
///
/// Whether matrices of similarities are positive semidefinite, as `LogDet`
/// asks, is not looked at. Of each law the first violation is told, and how
/// many followed. Well below a second.
template <RowKernel K>
LawReport check_kernel(const K& kernel,
                       const CheckKernelOptions& options = {}) {
  detail::AnyKernel any;
  if constexpr (ProductKernel<K>) {
    any.unit_rows = K::unit_rows;
    any.of_products = [&](double ab, double aa, double bb) {
      return kernel.similarity(ab, aa, bb);
    };
  }
  if constexpr (BoundedKernel<K>) {
    any.bounds = [&](std::span<float> values) {
      kernel.bounds(values);
    };
  }
  if constexpr (PairKernel<K>) {
    any.of_rows = [&](std::span<const double> a, std::span<const double> b) {
      return kernel.similarity(a, b);
    };
  }
  return detail::check_kernel(any, options);
}

}  // namespace quarry::testing
