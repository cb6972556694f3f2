#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string_view>

#include "quarry/core/progress.hpp"

#include "core/stopwatch.hpp"

namespace quarry::detail {

/// Keeps the promises of a `ProgressHook` for one stage: at most 10 calls a
/// second, one at a time, and one at the end; whoever comes too early or while
/// another calls goes on without one.
class Meter {
 public:
  /// While it lives, meters that its thread makes call the hook every time: a
  /// test can then stop at any point.
  class EveryTime {
   public:
    EveryTime();
    ~EveryTime();
    EveryTime(const EveryTime&) = delete;
    EveryTime& operator=(const EveryTime&) = delete;

   private:
    bool before_;
  };

  /// When the hook is called first.
  enum class First { at_once, after_interval };

  /// The hook outlives this.
  Meter(const ProgressHook& hook, std::string_view stage, std::size_t total,
        First first = First::after_interval);

  /// Says how far the stage is; whether the hook ever asked to stop.
  Flow update(std::size_t done, std::size_t failed);
  /// The last word. No call when the hook has heard it.
  Flow finish(std::size_t done, std::size_t failed);

 private:
  void tell(std::size_t done, std::size_t failed);

  const ProgressHook& hook_;
  std::string_view stage_;
  std::size_t total_;
  Stopwatch watch_;
  Stopwatch::Clock::duration interval_;
  std::atomic<bool> stop_ = false;
  std::mutex mutex_;
  // Under the mutex:
  Stopwatch::Clock::time_point next_;
  std::optional<std::size_t> told_;
};

}  // namespace quarry::detail
