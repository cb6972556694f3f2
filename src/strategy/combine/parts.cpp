#include "strategy/combine/parts.hpp"

#include <algorithm>
#include <utility>

namespace quarry::detail {

Needs united(Needs needs, const Needs& more) {
  for (const Need& need : more) {
    if (!needs.has(need.name)) needs.add(need);
  }
  return needs;
}

PoolView with_candidates(const PoolView& pool,
                         std::vector<std::size_t> candidates) {
  return PoolView({.rows = pool.rows(),
                   .inputs = {pool.inputs().begin(), pool.inputs().end()},
                   .candidates = std::move(candidates),
                   .labelled = {pool.labelled().begin(), pool.labelled().end()},
                   .keys = {pool.keys().begin(), pool.keys().end()},
                   .labels = {pool.labels().begin(), pool.labels().end()}});
}

std::size_t bytes_of_with_candidates(const PoolView& pool) {
  return pool.rows() * 3 * sizeof(std::uint64_t);
}

std::vector<std::size_t> in_random_order(const PoolView& pool,
                                         const RandomStream& random) {
  std::vector<ScoredRow> rows;
  rows.reserve(pool.candidates().size());
  for (const std::size_t row : pool.candidates()) {
    rows.push_back(
        {random.derive(pool.key(row)).uniform(), pool.key(row), row});
  }
  std::sort(rows.begin(), rows.end(), PickOrder());
  std::vector<std::size_t> order;
  order.reserve(rows.size());
  for (const ScoredRow& row : rows) order.push_back(row.index);
  return order;
}

}  // namespace quarry::detail
