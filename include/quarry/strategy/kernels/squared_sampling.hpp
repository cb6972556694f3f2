#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "quarry/core/progress.hpp"
#include "quarry/core/random.hpp"

namespace quarry::kernels {

/// A squared distance of rows, as a draw by it asks.
class SquaredMetric {
 public:
  virtual ~SquaredMetric() = default;
  /// Of rows i and j, ≥ 0, and 0 for i == j.
  virtual double between(std::size_t i, std::size_t j) = 0;
  /// squared[i] = min(squared[i], min_c between(i, c)) for all rows i.
  virtual Flow cover(std::span<const std::size_t> centres,
                     std::span<double> squared) = 0;
};

/// D² sampling of k-means++: draws row after row with probability
///
///     P(i) ∝ weight_i · min_c between(i, c),  c over all rows drawn before
///
/// `picks` holds the first, and is filled until it has `count` rows or all that
/// are left are at a distance of 0. No weights means that all are 1.
///
/// The law is exact, but all distances are brought up to date once for many
/// draws, not for each: x is drawn by the distances that were, D ≥ D′, and kept
/// with probability D′/D, which looks at the rows drawn since alone. They are
/// refreshed when fewer than half are kept, or after 8, 16, … 128 picks.
///
/// `go_on` is asked after each pick. O(N k) and k covers of all rows in some
/// k / 100 passes; memory: 16 bytes a row.
Flow sample_squared(SquaredMetric& metric, std::span<const double> weights,
                    std::size_t rows, std::size_t count, RandomStream& random,
                    std::vector<std::size_t>& picks,
                    const std::function<Flow()>& go_on);

}  // namespace quarry::kernels
