#pragma once

#include <cstddef>
#include <vector>

#include "quarry/core/matrix.hpp"

namespace quarry::detail {

/// Pass `k` of the passes `[K, C]` of a row.
RowView pass(const RowsView& passes, Eigen::Index k);

/// How many passes vote for each class that has a vote, in descending order. A
/// pass votes for its likeliest class, the first of those that are equal.
std::vector<std::size_t> vote_counts(const RowsView& passes);

/// −Σ p ln p, with 0 ln 0 = 0.
double entropy(const RowView& p);

}  // namespace quarry::detail
