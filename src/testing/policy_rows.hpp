#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "quarry/core/matrix.hpp"

namespace quarry::testing {

/// Rows to check a policy on. All of their numbers are floats, too.
struct PolicyRows {
  std::string name;
  RowMatrix<double> rows;

  /// "rows 3 and 7 of general rows, D=5"
  std::string pair(std::size_t i, std::size_t j) const;
};

/// Sets of `count` rows of 1 to 33 numbers: in general position, coarse, far
/// from the origin and close to each other, tiny, all equal; in each some are
/// copies, the first of them of the row before, and one is all zeros.
std::vector<PolicyRows> policy_rows(std::uint64_t seed, std::size_t count);
/// Sets of rows with a sum of 1, numbers of exactly 0 and 1 among them.
std::vector<PolicyRows> policy_probabilities(std::uint64_t seed,
                                             std::size_t count);

}  // namespace quarry::testing
