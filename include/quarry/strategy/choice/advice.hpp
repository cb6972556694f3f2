#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace quarry {

/// What one strategy wants asked: a distribution over the rows of the pool.
struct Advice {
  /// Rows of the pool, each once: the picks of a strategy, say.
  std::vector<std::size_t> rows;
  /// How much of its wish falls on each of them: finite, at least 0, in any
  /// unit. Empty: all alike.
  std::vector<double> shares = {};

  /// The row picked before all others, or a whole batch alike.
  static Advice of(std::vector<std::size_t> rows) { return {std::move(rows)}; }
  /// All of `rows` rows alike: what picks at random advises.
  static Advice uniform(std::size_t rows);

  /// `shares` made to sum to 1, one a row.
  ///
  /// Raises `strategy.bad_row_number` for a row that is not below `rows`, and
  /// `strategy.bad_pick` for one that stands there twice, for advice without
  /// rows, and for shares that are no such numbers, or not one a row.
  std::vector<double> distribution(std::size_t rows) const;
};

}  // namespace quarry
