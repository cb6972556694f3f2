#include "net/in_flight_limit.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace quarry::detail {
namespace {

constexpr std::size_t first_limit = 24;
constexpr double gain = 1.05;          // in answers a second, to count as more
constexpr double used = 0.9;           // of the limit, to judge it
constexpr double slower = 3.0;         // than the quickest window
constexpr double slow_at_least = 0.1;  // seconds
constexpr std::size_t windows_held = 8;
constexpr std::size_t windows_held_after_halving = 4;

/// Without the slowest tenth: no single answer decides. Reorders.
double typical_mean(std::vector<double>& seconds) noexcept {
  const auto end =
      seconds.end() - static_cast<std::ptrdiff_t>(seconds.size() / 10);
  std::nth_element(seconds.begin(), end - 1, seconds.end());
  const double sum = std::accumulate(seconds.begin(), end, 0.0);
  return std::max(1e-6, sum / static_cast<double>(end - seconds.begin()));
}

/// What all but the quickest tenth exceed. Reorders.
double lowest_tenth(std::vector<double>& seconds) noexcept {
  const auto place =
      seconds.begin() + static_cast<std::ptrdiff_t>(seconds.size() / 10);
  std::nth_element(seconds.begin(), place, seconds.end());
  return *place;
}

}  // namespace

InFlightLimit::InFlightLimit(std::size_t most)
    : most_(most), limit_(std::min(most, first_limit)), settled_(limit_) {
  first_bytes_.reserve(2 * most);
  wholes_.reserve(2 * most);
}

void InFlightLimit::answered(const Answer& answer) noexcept {
  first_bytes_.push_back(seconds_between(answer.began, answer.first_byte));
  wholes_.push_back(seconds_between(answer.began, answer.ended));
  under_way_ += answer.under_way;
  if (wholes_.size() == 2 * limit_) end_window(answer.ended);
}

void InFlightLimit::end_window(NetClock::time_point now) noexcept {
  const double together =
      static_cast<double>(under_way_) / static_cast<double>(wholes_.size());
  // Little's law. A clock would tell of this machine, too: the less it leaves
  // to the network's thread, the more answers come in heaps.
  const double rate = together / typical_mean(wholes_);
  const double quick = lowest_tenth(first_bytes_);
  clear_window();
  // After a change some answers are of before it, some have come first because
  // they are quick, and those over new connections have waited for these.
  if (std::exchange(changed_, false)) return;
  // Where fewer are asked for nothing is found out.
  if (together < used * static_cast<double>(limit_)) {
    if (together <= static_cast<double>(settled_)) go_back();
    return;
  }
  const bool slow =
      quickest_ > 0.0 && quick >= slow_at_least && quick >= slower * quickest_;
  if (slow && rate <= gain * quick_rate_) {
    // Measured anew: it may be the way to the host that has become longer.
    quickest_ = quick_rate_ = 0.0;
    return halve(limit_, now);
  }
  if (!slow) quick_rate_ = std::max(quick_rate_, rate);
  if (quickest_ == 0.0 || quick < quickest_) quickest_ = quick;
  if (held_ > 0) {
    --held_;
  } else if (rate > gain * best_rate_) {
    best_rate_ = rate;
    settled_ = limit_;
    change(std::min(most_, limit_ + std::max<std::size_t>(1, limit_ / 2)));
  } else {
    go_back();
    held_ = windows_held;
  }
}

/// To what has brought more, if more is tried.
void InFlightLimit::go_back() noexcept {
  if (best_rate_ > 0.0) change(settled_);
  best_rate_ = 0.0;
}

void InFlightLimit::throttled(NetClock::time_point began,
                              NetClock::time_point now,
                              std::size_t under_way) noexcept {
  // Of requests of before it the last halving was for.
  if (began < halved_) return;
  halve(std::min(limit_, under_way), now);
}

void InFlightLimit::halve(std::size_t from, NetClock::time_point now) noexcept {
  halved_ = now;
  best_rate_ = 0.0;
  change(std::max<std::size_t>(1, from / 2));
  held_ = windows_held_after_halving;
}

void InFlightLimit::change(std::size_t limit) noexcept {
  if (limit == limit_) return;
  limit_ = limit;
  changed_ = true;
  clear_window();
}

void InFlightLimit::clear_window() noexcept {
  first_bytes_.clear();
  wholes_.clear();
  under_way_ = 0;
}

}  // namespace quarry::detail
