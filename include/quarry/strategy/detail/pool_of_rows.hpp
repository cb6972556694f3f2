#pragma once

#include "quarry/strategy/pool_view.hpp"

namespace quarry::detail {

/// The same rows, with other numbers in place of their embeddings and nothing
/// else: what covers embeddings then covers those. Takes
/// `bytes_of_pool_of_rows`.
PoolView pool_of_rows(const PoolView& pool, const ArrayView& rows);

std::size_t bytes_of_pool_of_rows(const PoolView& pool);

}  // namespace quarry::detail
