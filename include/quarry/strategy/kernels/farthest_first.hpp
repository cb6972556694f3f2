#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "quarry/strategy/kernels/row_set.hpp"
#include "quarry/strategy/pick.hpp"
#include "quarry/strategy/pool_view.hpp"
#include "quarry/strategy/select_context.hpp"

namespace quarry::kernels {

/// The farthest-first traversal of a pool's candidates: what `KCenter<>` and
/// `KCenter<Cosine>` pick, pick by pick what a loop over all pairs in double
/// picks. Directions are places on a sphere, D numbers become D + 1 (see
/// `RowSet::directions`), and are made anew each time they are read.
///
/// With D(x) the squared distance to the nearest centre, which only ever falls:
/// take the B candidates of largest D. While the best of them comes before what
/// came next after them, it is the best of all, and the next pick; so run the
/// greedy rule inside these B, on their B × B distances, until that fails, and
/// bring all of the pool up to date with the picks made, as one product. B
/// follows the number of picks it yields.
///
/// O(N (|L| + b) D) multiply-adds in float (`Nearest`). `who` asks for the
/// memory (`farthest_first_bytes`), and uses the device of the context where
/// the limit has room for what that takes besides (`Nearest::device_bytes`).
/// Asked to stop, it returns the picks made.
std::vector<RankedPick> farthest_first(const PoolView& pool, std::size_t budget,
                                       SelectContext& context,
                                       std::string_view who,
                                       Compared how = Compared::by_place);

/// What it allocates without a device.
std::size_t farthest_first_bytes(const PoolView& pool, std::size_t budget,
                                 const SelectContext& context,
                                 Compared how = Compared::by_place);

}  // namespace quarry::kernels
