#include "quarry/strategy/detail/pool_of_rows.hpp"

#include "quarry/strategy/needs.hpp"

namespace quarry::detail {

PoolView pool_of_rows(const PoolView& pool, const ArrayView& rows) {
  return PoolView(
      {.rows = pool.rows(),
       .inputs = {{inputs::embeddings, rows}},
       .candidates = {pool.candidates().begin(), pool.candidates().end()},
       .labelled = {pool.labelled().begin(), pool.labelled().end()},
       .keys = {pool.keys().begin(), pool.keys().end()}});
}

std::size_t bytes_of_pool_of_rows(const PoolView& pool) {
  return pool.rows() * (sizeof(std::size_t) + sizeof(std::uint64_t));
}

}  // namespace quarry::detail
