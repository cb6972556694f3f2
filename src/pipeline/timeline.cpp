#include "pipeline/timeline.hpp"

#include <algorithm>

namespace quarry::detail {

namespace {

using Clock = Timeline::Clock;

constexpr std::size_t at(Spent on) {
  return static_cast<std::size_t>(on);
}

double nanoseconds(Clock::duration time) {
  return std::chrono::duration<double, std::nano>(time).count();
}

/// Where the last slot ends.
Clock::duration last_edge(Clock::duration width) {
  return width * static_cast<Clock::rep>(Timeline::max_slots);
}

void add_to(Timeline::Slot& slot, const Timeline::Slot& other) {
  for (std::size_t i = 0; i < slot.size(); ++i) slot[i] += other[i];
}

}  // namespace

void Timeline::add(Spent on, Clock::time_point begin, Clock::time_point end,
                   double weight) noexcept {
  Clock::duration from = std::max(begin, origin_) - origin_;
  const Clock::duration to = end - origin_;
  if (from >= to || weight == 0.0) return;
  while (to > last_edge(width_)) coarsen();
  auto i = static_cast<std::size_t>(from / width_);
  Clock::duration edge = from - from % width_;
  for (; from < to; ++i) {
    edge += width_;
    const Clock::duration next = std::min(to, edge);
    slots_[i][at(on)] += weight * nanoseconds(next - from);
    from = next;
  }
  used_ = std::max(used_, i);
}

void Timeline::merge(const Timeline& other) noexcept {
  widen(other.width_);
  const auto ratio = static_cast<std::size_t>(width_ / other.width_);
  for (std::size_t i = 0; i < other.used_; ++i) {
    add_to(slots_[i / ratio], other.slots_[i]);
  }
  used_ = std::max(used_, (other.used_ + ratio - 1) / ratio);
}

void Timeline::take_away(Spent from, const Timeline& other,
                         Spent what) noexcept {
  widen(other.width_);
  const auto ratio = static_cast<std::size_t>(width_ / other.width_);
  for (std::size_t i = 0; i < other.used_; ++i) {
    slots_[i / ratio][at(from)] -= other.slots_[i][at(what)];
  }
  for (Slot& slot : slots_) slot[at(from)] = std::max(0.0, slot[at(from)]);
}

void Timeline::widen(Clock::duration width) noexcept {
  while (width_ < width) coarsen();
}

void Timeline::coarsen() noexcept {
  used_ = (used_ + 1) / 2;
  for (std::size_t i = 0; i < max_slots / 2; ++i) {
    Slot both = slots_[2 * i];
    add_to(both, slots_[2 * i + 1]);
    slots_[i] = both;
  }
  std::fill(slots_.begin() + max_slots / 2, slots_.end(), Slot{});
  width_ *= 2;
}

double Timeline::seconds(Spent on) const noexcept {
  double sum = 0.0;
  for (const Slot& slot : slots()) sum += slot[at(on)];
  return 1e-9 * sum;
}

}  // namespace quarry::detail
