#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>

namespace quarry::detail {

/// Σ_i f(i)² for i < count, in double: eight sums side by side, always added up
/// in the same order. Compilers may not reorder one sum, but they make vectors
/// of these.
template <class F>
double sum_of_squares(std::size_t count, const F& f) {
  constexpr std::size_t lanes = 8;
  std::array<double, lanes> sums{};
  const std::size_t whole = count - count % lanes;
  for (std::size_t i = 0; i < whole; i += lanes) {
    for (std::size_t j = 0; j < lanes; ++j) {
      const double x = f(i + j);
      sums[j] += x * x;
    }
  }
  for (std::size_t i = whole; i < count; ++i) {
    const double x = f(i);
    sums[i - whole] += x * x;
  }
  return ((sums[0] + sums[4]) + (sums[2] + sums[6])) +
         ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}

/// ‖row‖₂, scaled where squares would overflow or vanish.
template <class T>
double length_of(std::span<const T> row) {
  const auto sum = [&](double scale) {
    return sum_of_squares(
        row.size(), [&](std::size_t i) { return double{row[i]} / scale; });
  };
  const double squares =
      sum_of_squares(row.size(), [&](std::size_t i) { return double{row[i]}; });
  if (squares > 1e-200 && squares < 1e200) return std::sqrt(squares);
  double most = 0.0;
  for (const T x : row) most = std::max(most, std::abs(double{x}));
  return most == 0.0 ? 0.0 : most * std::sqrt(sum(most));
}

}  // namespace quarry::detail
