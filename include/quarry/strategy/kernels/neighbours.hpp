#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "quarry/strategy/kernels/row_set.hpp"

namespace quarry::kernels {

/// A row near another, and how far away it is.
struct Neighbour {
  double squared;
  std::uint32_t index;
};

/// The k nearest other rows of each row, nearest first, and of equally near
/// ones the first: `[N, k]`. Squared Euclidean distances by products in double
/// (`Tile<double>`), so those of equal rows are exactly 0. Expects k < N, or
/// k == 0.
///
/// O(N² D); memory: 16 N k bytes, and `neighbour_bytes`.
std::vector<Neighbour> nearest_neighbours(const RowSet& rows, std::size_t k,
                                          std::size_t threads);

/// What it allocates besides its result.
std::size_t neighbour_bytes(std::size_t rows, std::size_t width,
                            std::size_t threads);

}  // namespace quarry::kernels
