#pragma once

#include <cstddef>

namespace quarry::kernels {

/// Rows are laid out for products in two ways, both by columns: in quads, [D]
/// times 4 numbers, on the left, and in panels, [D] times `panel_rows`, on the
/// right. Rows that lack are zeros. The layouts do not depend on the
/// instruction set; the functions choose theirs when they are called.
inline constexpr std::size_t quad_rows = 4;

/// 128 bytes of each column.
template <class T>
inline constexpr std::size_t panel_rows = 128 / sizeof(T);

/// What is multiplied at once: rows that stay in the second cache while panels
/// stream by.
inline constexpr std::size_t tile_rows = 96;
template <class T>
inline constexpr std::size_t tile_columns = 8 * panel_rows<T>;

/// out[i + 4 k] = rows[i][k] for 4 rows of `depth` numbers.
void pack_quad(const float* const* rows, std::size_t depth, float* out);
void pack_quad(const double* const* rows, std::size_t depth, double* out);

/// norms[4 q + i] = ‖x‖² of row i of quad q, summed as `multiply` sums.
void quad_norms(const float* quads, std::size_t count, std::size_t depth,
                float* norms);
void quad_norms(const double* quads, std::size_t count, std::size_t depth,
                double* norms);

/// out[i * stride + j] = Σ_k x_ik y_jk for all rows x of `quads` quads and all
/// rows y of `panels` panels. Each sum is taken for ascending k, one
/// multiply-add a term (two roundings where the processor has no fused one), so
/// that a product depends on its two rows alone and ⟨x, y⟩ = ⟨y, x⟩.
void multiply(const float* left, std::size_t quads, const float* right,
              std::size_t panels, std::size_t depth, float* out,
              std::size_t stride);
void multiply(const double* left, std::size_t quads, const double* right,
              std::size_t panels, std::size_t depth, double* out,
              std::size_t stride);

/// What `multiply_some` takes at a time: as many sums as hide how long one
/// waits for its last term.
inline constexpr std::size_t some_rows = 8;

/// out[j] = Σ_k x_k y_jk for a row x and `count` rows y of `depth` numbers as
/// they lie: bit by bit what `multiply` says, for a few pairs.
void multiply_some(const double* x, const double* const* rows,
                   std::size_t count, std::size_t depth, double* out);

}  // namespace quarry::kernels
