#pragma once

#include <cstddef>
#include <memory>

#include "quarry/strategy/select_context.hpp"

namespace quarry::detail {

class Meter;

/// Keeps the promises of `ProgressHook` for a selection (at most 10 calls a
/// second, one at a time, one at the end) and collects the wish to stop.
class Ticker {
 public:
  /// `total` is what `done` counts up to. The context must outlive it.
  Ticker(const SelectContext& context, std::size_t total);
  ~Ticker();
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

  /// Says how far the selection is; true when it is to stop now. From any
  /// thread.
  bool stop(std::size_t done);
  /// The last call of the hook.
  void finish(std::size_t done);

 private:
  const SelectContext& context_;
  std::unique_ptr<Meter> meter_;
};

}  // namespace quarry::detail
