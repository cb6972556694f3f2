#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "quarry/strategy/score_block.hpp"

namespace quarry::detail {

/// What `S` scores those rows of the pool.
template <ScoresRows S>
std::vector<double> scores_of(const S& strategy, const PoolView& pool,
                              std::span<const std::size_t> rows) {
  const PredictionBlock all{
      .rows = pool.rows(), .inputs = pool.inputs(), .keys = pool.keys()};
  RowCursor cursor(all);
  std::vector<double> scores;
  scores.reserve(rows.size());
  for (const std::size_t row : rows) {
    scores.push_back(strategy.score(cursor.at(row)));
  }
  return scores;
}

/// `need`, and what `S` needs.
template <ScoresRows S>
constexpr Needs needs_with(const Need& need) {
  Needs needs = {need};
  for (const Need& other : S::needs()) {
    if (!needs.has(other.name)) needs.add(other);
  }
  return needs;
}

}  // namespace quarry::detail
