#pragma once

#include <cstddef>
#include <vector>

#include "net/clock.hpp"

namespace quarry::detail {

/// How many requests a host gets at once. Grows by half while that is used and
/// brings more answers a second, by 5 %; where it does not it goes back, and is
/// tried again after a while: networks change. Is halved when the host objects,
/// and when requests wait in its queue: all first bytes but the quickest tenth
/// take three times as long as they did, and 0.1 s at least, while there are no
/// more answers a second.
class InFlightLimit {
 public:
  /// What a request that was answered says.
  struct Answer {
    NetClock::time_point began;
    NetClock::time_point first_byte;
    NetClock::time_point ended;
    std::size_t under_way;  ///< requests to the host when the last one began
  };

  explicit InFlightLimit(std::size_t most);

  std::size_t value() const noexcept { return limit_; }
  void answered(const Answer& answer) noexcept;
  /// It was too much, says a request that began then, with so many under way.
  void throttled(NetClock::time_point began, NetClock::time_point now,
                 std::size_t under_way) noexcept;

 private:
  void end_window(NetClock::time_point now) noexcept;
  void go_back() noexcept;
  void halve(std::size_t from, NetClock::time_point now) noexcept;
  void change(std::size_t limit) noexcept;
  void clear_window() noexcept;

  std::size_t most_;
  std::size_t limit_;
  std::size_t settled_;   ///< the last that brought more
  bool changed_ = true;   ///< within this window, or new
  std::size_t held_ = 0;  ///< windows until more is tried
  NetClock::time_point halved_ = NetClock::time_point::min();
  double best_rate_ = 0.0;   ///< answers a second, since more is tried
  double quickest_ = 0.0;    ///< first bytes of a window; 0 before the first
  double quick_rate_ = 0.0;  ///< most answers a second of windows not slow

  // A window: two answers for each request that may be under way.
  std::vector<double> first_bytes_;  ///< seconds
  std::vector<double> wholes_;
  std::size_t under_way_ = 0;  ///< the sum
};

}  // namespace quarry::detail
