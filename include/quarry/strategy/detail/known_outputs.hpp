#pragma once

#include "quarry/core/matrix.hpp"
#include "quarry/strategy/pool_view.hpp"

namespace quarry::detail {

/// What is known about the output y of each row, `[N, T]`: `targets` where it
/// is labelled, `predictions` elsewhere. Raises `strategy.input_shape` and
/// `strategy.bad_row`.
RowMatrix<double> known_outputs(const PoolView& pool);

/// Embeddings and outputs side by side, `[N, D + T]`.
RowMatrix<double> features_and_outputs(const PoolView& pool);

ArrayView view_of(const RowMatrix<double>& rows);

/// Bytes of the one, or of the other with `features` = D, and of a pool of
/// them.
std::size_t bytes_of_outputs(const PoolView& pool, std::size_t features = 0);

}  // namespace quarry::detail
