#pragma once

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "quarry/core/random.hpp"
#include "quarry/data/subset.hpp"

namespace quarry {

/// A source in an order of its own: Fisher–Yates (Durstenfeld, "Algorithm 235",
/// CACM 1964) on `RandomStream(seed).derive("shuffled")`. The same seed and
/// size give the same order on every machine. A `Subset` of everything, so
/// `index(i)` is where sample `i` stands in the source. 8 bytes a sample.
template <DataSource S>
class Shuffled : public Subset<S> {
 public:
  explicit Shuffled(S source, std::uint64_t seed = 0)
      : Subset<S>(all_of(std::move(source), seed)) {}

 private:
  static Subset<S> all_of(S source, std::uint64_t seed) {
    std::vector<std::size_t> order(source.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    RandomStream(seed).derive("shuffled").shuffle(std::span(order));
    return Subset<S>(std::move(source), std::move(order));
  }
};

}  // namespace quarry
