#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace quarry::detail {

/// Seconds since it was made.
class Stopwatch {
 public:
  using Clock = std::chrono::steady_clock;

  Clock::time_point start() const noexcept { return start_; }
  Clock::duration elapsed() const noexcept { return Clock::now() - start_; }
  double seconds() const noexcept {
    return std::chrono::duration<double>(elapsed()).count();
  }

 private:
  Clock::time_point start_ = Clock::now();
};

/// Time summed up by many threads.
class TimeSum {
 public:
  void add(Stopwatch::Clock::duration time) noexcept {
    nanoseconds_.fetch_add(
        std::chrono::duration_cast<std::chrono::nanoseconds>(time).count(),
        std::memory_order_relaxed);
  }
  double seconds() const noexcept {
    return 1e-9 * static_cast<double>(nanoseconds_.load());
  }

 private:
  std::atomic<std::int64_t> nanoseconds_ = 0;
};

}  // namespace quarry::detail
