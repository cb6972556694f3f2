#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "quarry/core/progress.hpp"
#include "quarry/strategy/kernels/row_set.hpp"
#include "quarry/strategy/select_device.hpp"

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
/// With a device, and 512 rows or more, its products in float bound distances;
/// those of some k + k / 4 + 8 rows are then computed in double, and of rows of
/// which more is open, all. What is found is the same, to the bit.
///
/// O(N² D); memory: 16 N k bytes, and `neighbour_bytes`.
std::vector<Neighbour> nearest_neighbours(const RowSet& rows, std::size_t k,
                                          std::size_t threads,
                                          SelectDevice* device = nullptr);

/// What it allocates besides its result.
std::size_t neighbour_bytes(std::size_t rows, std::size_t width,
                            std::size_t threads);
/// What besides that with a device: the rows in double, above all.
std::size_t neighbour_device_bytes(std::size_t rows, std::size_t width,
                                   std::size_t k);

/// The squared distance of each row to the nearest one of another group, ∞
/// where there is none, by products in double as above; `groups` is `[N]`.
/// Anything once `go_on` says stop, which is asked from many threads. With a
/// device it bounds distances, group by group. O(N² D); memory: 8 N, the rows
/// in double, tiles; with a device `neighbour_device_bytes` of k = 4.
std::vector<double> nearest_of_other_groups(
    const RowSet& rows, std::span<const std::int64_t> groups,
    std::size_t threads = 1,
    const std::function<Flow()>& go_on = [] { return Flow::go_on; },
    SelectDevice* device = nullptr);

}  // namespace quarry::kernels
