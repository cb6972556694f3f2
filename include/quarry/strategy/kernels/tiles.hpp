#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>

#include "quarry/core/progress.hpp"
#include "quarry/strategy/kernels/panels.hpp"
#include "quarry/strategy/kernels/row_set.hpp"

namespace quarry::kernels {

/// Products of a few rows x on the left with a few rows y on the right.
template <class T>
struct Tile {
  std::size_t first_row;     ///< which row on the left its row 0 is
  std::size_t rows;          ///< how many
  std::size_t first_column;  ///< which row on the right its column 0 is
  std::size_t columns;       ///< how many
  std::size_t stride;        ///< from a row of `products` to the next
  const T* products;         ///< `[rows, stride]`
  const T* row_norms;        ///< `[rows]` ‖x‖²
  const T* column_norms;     ///< `[columns]` ‖y‖²

  /// ⟨x_i, y_j⟩
  T product(std::size_t i, std::size_t j) const {
    return products[i * stride + j];
  }
  /// ‖x_i − y_j‖² = ‖x_i‖² + ‖y_j‖² − 2⟨x_i, y_j⟩, never negative, and exactly
  /// 0 for rows equal to the last bit. It cancels: see `squared_error`.
  T squared_distance(std::size_t i, std::size_t j) const {
    return std::max(T(0), row_norms[i] + column_norms[j] - 2 * product(i, j));
  }
};

/// How far `Tile<float>::squared_distance` of rows of `width` numbers may be
/// off, in units of ‖x‖² + ‖y‖², what was lost when the rows were rounded to
/// float included. A proven bound, not an estimate, while norms stay within
/// float's range; to be added for denormals: `squared_error_floor`.
double squared_error(std::size_t width);
double squared_error_floor(std::size_t width);

/// out[j] = a number that ‖x_i − y_j‖² of rows of `width` numbers is not below,
/// and hardly above, for all columns of the tile; ≥ 0. Expects norms within
/// float's range.
void squared_below(const Tile<float>& tile, std::size_t i, std::size_t width,
                   float* out);

/// Shows ⟨x, y⟩ of all rows x on the left `[N, D]` and y on the right `[M, D]`,
/// tile by tile, to `visit`; N × M numbers are never in memory. It answers
/// whether to go on: once any call says `Flow::stop`, no other begins.
///
///     const Panels<float> centres(RowSet(h, picks));
///     for_each_tile<float>(RowSet(h, pool.candidates()), centres, threads,
///                          [&](const Tile<float>& tile) { … });
///
/// A call sees some 96 rows and 256 columns (double: 128). Those of a row come
/// in ascending order of columns from one thread; different rows from different
/// threads at once. A product depends on its two rows alone, and so on no
/// number of threads and no order of rows: sums of D terms in ascending order
/// in `T`. Instruction sets with a fused multiply-add agree on every bit.
///
/// Cost: N M D multiply-adds near the peak of the processor, while what `visit`
/// does with a number is small beside D; memory: `tile_bytes`.
template <class T>
void for_each_tile(const RowSet& left, const Panels<T>& right,
                   std::size_t threads,
                   const std::function<Flow(const Tile<T>&)>& visit);

/// What `for_each_tile` allocates while it runs.
template <class T>
std::size_t tile_bytes(std::size_t width, std::size_t threads);

}  // namespace quarry::kernels
