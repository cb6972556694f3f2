#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <utility>

#include "quarry/data/concept.hpp"

namespace quarry {

/// What `Mapped` applies: `function(bytes)` gives bytes, or a `Failure`.
template <class F>
concept BytesFunction = std::copy_constructible<F> &&
    requires(const F& function, Bytes bytes) {
  { std::invoke(function, bytes) } -> std::convertible_to<Result<Bytes>>;
};

/// A source whose bytes pass through a `BytesFunction` when they are read: to
/// decompress, decrypt, cut out. Ids and URIs stay. A `DataSource`, and an
/// `AsyncSource` when the source is one.
///
/// The function is called from many threads at once, must give equal bytes for
/// equal bytes and must not throw: what is wrong is a `Failure`. What the
/// source failed at passes it by.
template <DataSource S, BytesFunction Function>
class Mapped {
 public:
  Mapped(S source, Function function)
      : source_(std::move(source)), function_(std::move(function)) {}

  std::size_t size() const { return source_.size(); }
  Sample sample(std::size_t i) const { return source_.sample(i); }
  Result<Bytes> read(std::size_t i) const {
    return apply(function_, source_.read(i));
  }
  void read_async(std::size_t i, ReadDone done) const requires AsyncSource<S> {
    // The function is copied: the reactor may outlive this handle.
    source_.read_async(
        i, [function = function_, done = std::move(done)](Result<Bytes> bytes) {
          done(apply(function, std::move(bytes)));
        });
  }
  bool is_async() const { return reads_async(source_); }

 private:
  static Result<Bytes> apply(const Function& function, Result<Bytes> bytes) {
    if (!bytes.ok()) return bytes;
    return std::invoke(function, std::move(bytes).value());
  }

  S source_;
  Function function_;
};

}  // namespace quarry
