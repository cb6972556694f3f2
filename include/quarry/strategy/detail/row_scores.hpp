#pragma once

#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "quarry/strategy/score_block.hpp"

namespace quarry::detail {

/// Raises `strategy.bad_score` unless `least` ≤ score < ∞.
void expect_score(std::size_t row, double score, double least);

/// What `S` scores those rows of the pool, at least `least`. Raises
/// `strategy.bad_score`.
template <ScoresRows S>
std::vector<double> scores_of(
    const S& strategy, const PoolView& pool, std::span<const std::size_t> rows,
    double least = -std::numeric_limits<double>::infinity()) {
  const PredictionBlock all{
      .rows = pool.rows(), .inputs = pool.inputs(), .keys = pool.keys()};
  RowCursor cursor(all);
  std::vector<double> scores;
  scores.reserve(rows.size());
  for (const std::size_t row : rows) {
    scores.push_back(strategy.score(cursor.at(row)));
    expect_score(row, scores.back(), least);
  }
  return scores;
}

}  // namespace quarry::detail
