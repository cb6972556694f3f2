#pragma once

#include <chrono>

namespace quarry::detail {

using NetClock = std::chrono::steady_clock;

/// As the clock counts.
inline NetClock::duration ticks(std::chrono::duration<double> seconds) {
  return std::chrono::duration_cast<NetClock::duration>(seconds);
}

/// From one moment to another.
inline double seconds_between(NetClock::time_point from,
                              NetClock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

}  // namespace quarry::detail
