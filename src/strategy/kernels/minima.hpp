#pragma once

#include <cstddef>

namespace quarry::kernels {

/// minima[i] = min_j (norms[j] − 2 products[i * stride + j]) over `columns`
/// columns, a multiple of 32.
void row_minima(const float* products, std::size_t rows, std::size_t stride,
                const float* norms, std::size_t columns, float* minima);

}  // namespace quarry::kernels
