#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "quarry/core/random.hpp"
#include "quarry/strategy/needs.hpp"
#include "quarry/strategy/pick.hpp"
#include "quarry/strategy/pool_view.hpp"
#include "quarry/strategy/row_states.hpp"

namespace quarry::test {

/// A pool of those inputs in which every row that is not labelled is a
/// candidate.
inline PoolView pool_of(std::size_t rows, std::vector<NamedArray> inputs,
                        std::vector<std::size_t> labelled = {},
                        std::uint64_t seed = 0,
                        std::vector<std::int64_t> labels = {}) {
  PoolView::Parts parts;
  parts.rows = rows;
  parts.inputs = std::move(inputs);
  parts.candidates = RowStates(rows).candidates(labelled);
  parts.labelled = std::move(labelled);
  parts.keys = row_keys(rows, seed);
  parts.labels = std::move(labels);
  return PoolView(std::move(parts));
}

/// `[rows, classes]` random distributions; a sharpness of 0 makes them flat.
inline std::vector<double> random_probabilities(std::size_t rows,
                                                std::size_t classes,
                                                RandomStream& random,
                                                double sharpness = 1.0) {
  std::vector<double> p(rows * classes);
  for (std::size_t i = 0; i < rows; ++i) {
    const std::span<double> row(p.data() + i * classes, classes);
    double sum = 0.0;
    for (double& x : row) sum += x = std::exp(sharpness * random.normal());
    for (double& x : row) x /= sum;
  }
  return p;
}

inline std::vector<double> random_numbers(std::size_t count,
                                          RandomStream& random) {
  std::vector<double> x(count);
  for (double& value : x) value = random.normal();
  return x;
}

inline std::vector<std::size_t> rows_of(const auto& picks) {
  std::vector<std::size_t> rows;
  for (const RankedPick& pick : picks) rows.push_back(pick.index);
  return rows;
}

}  // namespace quarry::test
