#pragma once

#include <cstddef>
#include <vector>

#include "quarry/strategy/kernels/row_set.hpp"

namespace quarry::kernels {

/// ‖a_i − b_j‖² of rows of two sets as `Euclidean` computes it: from their
/// differences, in double. What a fast kernel leaves open is decided by it. Of
/// directions it is twice what `Cosine` computes, to the last bit. One object a
/// thread; it refers to the sets.
class SquaredDistance {
 public:
  /// Expects rows of equal width, both directions or neither.
  SquaredDistance(const RowSet& a, const RowSet& b);

  /// O(D).
  double operator()(std::size_t i, std::size_t j);

 private:
  const RowSet* a_;
  const RowSet* b_;
  std::size_t at_;         // which row `x_` holds
  std::vector<double> x_;  // a row of a, of b
  std::vector<double> y_;
};

}  // namespace quarry::kernels
