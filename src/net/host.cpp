#include "net/host.hpp"

#include <algorithm>

namespace quarry::detail {
namespace {

constexpr std::size_t first_limit = 24;
constexpr std::size_t windows_held = 8;
constexpr std::size_t windows_held_after_throttling = 4;
constexpr std::chrono::milliseconds between_halvings{250};
constexpr std::chrono::duration<double> longest_interval{10.0};
constexpr double stranger = 5.0;
constexpr std::chrono::duration<double> shortest_distance{0.005};
constexpr std::chrono::duration<double> longest_distance{1.0};

NetClock::duration ticks(std::chrono::duration<double> seconds) {
  return std::chrono::duration_cast<NetClock::duration>(seconds);
}

}  // namespace

InFlightLimit::InFlightLimit(std::size_t most)
    : most_(most), limit_(std::min(most, first_limit)), settled_(limit_) {}

void InFlightLimit::answered(NetClock::time_point now) noexcept {
  if (in_window_++ == 0) {
    window_began_ = now;
    return;
  }
  // Two round trips of everything that is under way.
  if (in_window_ < 2 * limit_ + 1) return;
  const double seconds =
      std::chrono::duration<double>(now - window_began_).count();
  const double rate =
      static_cast<double>(in_window_ - 1) / std::max(seconds, 1e-6);
  in_window_ = 0;
  if (held_ > 0) {
    --held_;
  } else if (rate > 1.05 * best_rate_) {
    best_rate_ = rate;
    settled_ = limit_;
    limit_ = std::min(most_, limit_ + std::max<std::size_t>(1, limit_ / 2));
  } else {
    // More brought nothing. Tried again later: networks change.
    limit_ = settled_;
    best_rate_ = 0.0;
    held_ = windows_held;
  }
}

void InFlightLimit::throttled(NetClock::time_point now) noexcept {
  if (now - halved_ < between_halvings) return;
  halved_ = now;
  in_window_ = 0;
  best_rate_ = 0.0;
  limit_ = std::max<std::size_t>(1, limit_ / 2);
  settled_ = limit_;
  held_ = windows_held_after_throttling;
}

void Pace::started(NetClock::time_point now) noexcept {
  next_ = now + ticks(distance_);
}

void Pace::answered() noexcept {
  distance_ *= 0.95;
  if (distance_ < shortest_distance / 2) distance_ = {};
}

void Pace::throttled(NetClock::time_point now) noexcept {
  // What was under way together counts once.
  if (now - doubled_ < ticks(std::max(distance_, shortest_distance))) return;
  doubled_ = now;
  distance_ = std::clamp(2.0 * distance_, shortest_distance, longest_distance);
  next_ = now + ticks(distance_);
}

void CircuitBreaker::answered() noexcept {
  failures_ = 0;
  interval_ = std::chrono::duration<double>(0.25);
}

void CircuitBreaker::failed(NetClock::time_point now) noexcept {
  if (failures_++ == 0) first_failure_ = now;
  if (failures_ == threshold) next_try_ = now + ticks(interval_);
}

void CircuitBreaker::trying(NetClock::time_point now) noexcept {
  interval_ = std::min(2.0 * interval_, longest_interval);
  next_try_ = now + ticks(interval_);
}

bool CircuitBreaker::given_up(NetClock::time_point now,
                              bool known) const noexcept {
  const double patience = known ? outage_ : std::min(outage_, stranger);
  return open() &&
         now - first_failure_ > ticks(std::chrono::duration<double>(patience));
}

int CircuitBreaker::away(NetClock::time_point now) const noexcept {
  return static_cast<int>(
      std::chrono::duration_cast<std::chrono::seconds>(now - first_failure_)
          .count());
}

}  // namespace quarry::detail
