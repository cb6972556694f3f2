#pragma once

#include <cstddef>
#include <vector>

#include "quarry/core/array_view.hpp"
#include "quarry/core/matrix.hpp"

namespace quarry::detail {

/// An array of the size of one row's passes `[K, C]`, of `[K, N, C]`.
Rows rows_for(const ArrayView& passes);
/// Reads the passes of row `i` into it.
void read_passes(const ArrayView& passes, std::size_t i, Rows& into);

/// Pass `k` of the passes `[K, C]` of a row.
RowView pass(const RowsView& passes, Eigen::Index k);

/// How many passes vote for each class that has a vote, in descending order. A
/// pass votes for its likeliest class, the first of those that are equal.
std::vector<std::size_t> vote_counts(const RowsView& passes);

/// −Σ p ln p, with 0 ln 0 = 0.
double entropy(const RowView& p);

}  // namespace quarry::detail
