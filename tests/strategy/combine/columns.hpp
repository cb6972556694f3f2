#pragma once

#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <utility>
#include <vector>

#include "quarry/strategy/any_strategy.hpp"

#include "../pools.hpp"

namespace quarry::test {

using RowNumbers = std::vector<std::size_t>;

/// Scores a row by a column of its embedding.
struct ByColumn : Pointwise<ByColumn> {
  Eigen::Index column = 0;
  explicit ByColumn(Eigen::Index c) : column(c) {}
  static constexpr Needs needs() { return {{.name = inputs::embeddings}}; }
  double score(const Prediction& prediction) const {
    return prediction.embedding[column];
  }
};

/// A strategy that always wants to stop.
struct Interrupted : ByColumn {
  mutable std::stop_source source;
  Interrupted() : ByColumn(0) {}
  double score(const Prediction& prediction) const {
    source.request_stop();
    return ByColumn::score(prediction);
  }
};

/// A pool whose rows have two numbers each.
inline PoolView pool_of_pairs(const std::vector<double>& pairs,
                              std::vector<std::size_t> labelled = {}) {
  const std::size_t rows = pairs.size() / 2;
  return pool_of(rows,
                 {{inputs::embeddings, ArrayView(pairs.data(), {rows, 2})}},
                 std::move(labelled));
}

inline RowNumbers rows_by(const AnyStrategy& strategy, const PoolView& pool,
                          std::size_t budget, std::uint64_t seed = 0) {
  SelectContext context{.random = RandomStream(seed), .ties = Ties::index};
  return rows_of(select_from(strategy, pool, budget, context));
}

}  // namespace quarry::test
