#pragma once

#include <cmath>
#include <cstddef>
#include <set>
#include <vector>

#include "pools.hpp"

namespace quarry::test {

/// A matrix for an oracle.
using Square = std::vector<std::vector<long double>>;

/// Embeddings `[rows, width]`, and which of them are labelled.
struct Embedded {
  std::size_t rows = 0;
  std::size_t width = 1;
  std::vector<double> values = {};
  std::vector<std::size_t> labelled = {};

  NamedArray input() const {
    return {inputs::embeddings, ArrayView(values.data(), {rows, width})};
  }
  PoolView pool() const { return pool_of(rows, {input()}, labelled); }

  long double product(std::size_t i, std::size_t j) const {
    long double sum = 0;
    for (std::size_t k = 0; k < width; ++k) {
      sum += static_cast<long double>(values[i * width + k]) *
             static_cast<long double>(values[j * width + k]);
    }
    return sum;
  }
  /// Of every pair, what `f(i, j)` says.
  Square square(const auto& f) const {
    Square all(rows, std::vector<long double>(rows));
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t j = 0; j < rows; ++j) all[i][j] = f(i, j);
    }
    return all;
  }
  Square cosines() const {
    return square([&](std::size_t i, std::size_t j) {
      return product(i, j) / std::sqrt(product(i, i) * product(j, j));
    });
  }
  Square distances() const {
    return square([&](std::size_t i, std::size_t j) {
      long double sum = 0;
      for (std::size_t k = 0; k < width; ++k) {
        const long double d = static_cast<long double>(values[i * width + k]) -
                              static_cast<long double>(values[j * width + k]);
        sum += d * d;
      }
      return std::sqrt(sum);
    });
  }
};

/// Normal numbers; each row is labelled with that probability.
inline Embedded random_rows(std::size_t rows, std::size_t width,
                            double labelled, RandomStream& random) {
  Embedded made{rows, width, random_numbers(rows * width, random), {}};
  for (std::size_t i = 0; i < rows; ++i) {
    if (random.uniform() < labelled) made.labelled.push_back(i);
  }
  return made;
}

/// Heaps of rows, each about a point of its own, where its first row is;
/// `heap(i)` says in which row i is.
template <class Heap>
Embedded heaps(std::size_t rows, const Heap& heap, RandomStream& random) {
  Embedded embedded{.rows = rows, .width = 8};
  std::set<std::size_t> seen;
  for (std::size_t i = 0; i < rows; ++i) {
    const std::size_t here = heap(i);
    const double spread = seen.insert(here).second ? 0.0 : 1.0;
    for (std::size_t d = 0; d < embedded.width; ++d) {
      const double at = d == here ? 20.0 : 0.0;
      embedded.values.push_back(at + spread * random.normal());
    }
  }
  return embedded;
}

}  // namespace quarry::test
