#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "quarry/strategy/detail/exact_sum.hpp"
#include "quarry/strategy/similarity.hpp"

namespace quarry::detail {

/// A sum over V for each of some rows, part by part, as `Similarity` shows it.
class PartSums {
 public:
  PartSums(std::size_t rows, const Similarity& similarity)
      : parts_(similarity.parts()), sums_(rows * parts_) {}
  static std::size_t bytes(std::size_t rows, std::size_t ground) {
    return rows * (ground / Similarity::part + 1) * sizeof(ExactSum);
  }

  ExactSum& at(std::size_t i, std::size_t first) {
    return sums_[i * parts_ + first / Similarity::part];
  }
  /// The sum of row `i`.
  ExactSum whole(std::size_t i) const {
    ExactSum sum;
    for (std::size_t p = 0; p < parts_; ++p) sum.add(sums_[i * parts_ + p]);
    return sum;
  }

 private:
  std::size_t parts_;
  std::vector<ExactSum> sums_;  // [rows, parts]
};

/// Σ_{u ∈ V} s(row, u) for each of `rows`.
std::vector<ExactSum> sums_over_ground(const Similarity& similarity,
                                       std::span<const std::size_t> rows,
                                       std::size_t threads);

}  // namespace quarry::detail
