#pragma once

#include <cstddef>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "quarry/data/concept.hpp"

namespace quarry::test {

/// An `AsyncSource` that answers from a thread of its own. Odd samples fail.
struct ToyAsyncSource {
  std::size_t count = 10;

  std::size_t size() const { return count; }
  Sample sample(std::size_t i) const {
    return {.id = std::to_string(i), .uri = "toy:" + std::to_string(i)};
  }
  Result<Bytes> read(std::size_t i) const {
    if (i % 2 == 1) return Failure{"file.read", "odd"};
    return Bytes::take("bytes of " + std::to_string(i));
  }
  void read_async(std::size_t i, ReadDone done) const {
    std::thread([self = *this, i, done = std::move(done)] {
      done(self.read(i));
    }).detach();
  }
};

/// What `read_async` of any source delivers, waited for.
template <AsyncSource S>
Result<Bytes> await(const S& source, std::size_t i) {
  auto promise = std::make_shared<std::promise<Result<Bytes>>>();
  auto delivered = promise->get_future();
  source.read_async(
      i, [promise](Result<Bytes> bytes) { promise->set_value(bytes); });
  return delivered.get();
}

}  // namespace quarry::test
