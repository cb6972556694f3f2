#pragma once

#include <cstddef>
#include <cstdint>

namespace quarry::kernels {

/// values[j] = a number that exp(−scale · values[j]) is not above, and hardly
/// below. Expects values ≥ 0.
void exp_above(float* values, std::size_t count, float scale);

struct SumAbove {
  double sum;
  std::size_t count;
};

/// Σ_j weights[j] max(values[j] − floors[j], 0), rounded up, and how many terms
/// are above 0. No weights: all are 1.
SumAbove sum_above(const float* values, const float* floors,
                   const float* weights, std::size_t count);

/// Those j with values[j] > floors[j], ascending, and their values; how many
/// there are. Expects room for all, and for `take_slack` more.
std::size_t take_above(const float* values, const float* floors,
                       std::size_t count, std::uint32_t* places, float* taken);
inline constexpr std::size_t take_slack = 16;

}  // namespace quarry::kernels
