#pragma once

#include <cstddef>

namespace quarry::kernels {

/// above[i] = a number that the entropy −Σ_c x_ic ln x_ic of row i is not
/// above, and hardly below (by 1e-4 and a little), for `count` rows of `width`
/// numbers from 0 to 1.001 that sum to as much at most. It holds for rows that
/// were rounded to float as well, and for the entropy rounded to double.
void entropy_above(const float* rows, std::size_t count, std::size_t width,
                   float* above);

/// first[i] = the largest number of row i, second[i] = the next; 0 where there
/// is none. Expects numbers ≥ 0.
void top_two(const float* rows, std::size_t count, std::size_t width,
             float* first, float* second);

}  // namespace quarry::kernels
