#pragma once

#include <chrono>

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

}  // namespace quarry::detail
