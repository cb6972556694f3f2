#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <mutex>

#include "quarry/strategy/select_context.hpp"

namespace quarry::detail {

/// Keeps the promises of `ProgressHook` for a selection (at most 10 calls a
/// second, one at a time, one at the end) and collects the wish to stop.
class Ticker {
 public:
  /// `total` is what `done` counts up to. The context must outlive it.
  Ticker(const SelectContext& context, std::size_t total);

  /// Says how far the selection is; true when it is to stop now. From any
  /// thread.
  bool stop(std::size_t done);
  /// The last call of the hook.
  void finish(std::size_t done);

 private:
  using Clock = std::chrono::steady_clock;
  void tell(std::size_t done, Clock::time_point now);

  const SelectContext& context_;
  std::size_t total_;
  Clock::time_point start_;
  std::atomic<Clock::rep> next_;
  std::atomic<bool> stopped_ = false;
  std::mutex mutex_;
};

}  // namespace quarry::detail
