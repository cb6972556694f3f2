#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "quarry/core/random.hpp"
#include "quarry/data/concept.hpp"

namespace quarry {

/// A source in an order of its own: Fisher–Yates (Durstenfeld, "Algorithm 235",
/// CACM 1964) on `RandomStream(seed).derive("shuffled")`. The same seed and
/// size give the same order on every machine. A `DataSource`, and an
/// `AsyncSource` when the source is one. 8 bytes a sample.
template <DataSource S>
class Shuffled {
 public:
  explicit Shuffled(S source, std::uint64_t seed = 0)
      : source_(std::move(source)) {
    std::vector<std::size_t> order(source_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    RandomStream(seed).derive("shuffled").shuffle(std::span(order));
    order_ = std::make_shared<const std::vector<std::size_t>>(std::move(order));
  }

  std::size_t size() const noexcept { return order_->size(); }
  Sample sample(std::size_t i) const { return source_.sample(index(i)); }
  Result<Bytes> read(std::size_t i) const { return source_.read(index(i)); }
  void read_async(std::size_t i, ReadDone done) const requires AsyncSource<S> {
    source_.read_async(index(i), std::move(done));
  }
  bool is_async() const { return reads_async(source_); }

  /// Where sample `i` stands in the source.
  std::size_t index(std::size_t i) const { return (*order_)[i]; }

 private:
  S source_;
  std::shared_ptr<const std::vector<std::size_t>> order_;
};

}  // namespace quarry
