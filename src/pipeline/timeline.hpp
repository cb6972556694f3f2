#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <span>
#include <vector>

#include "core/stopwatch.hpp"

namespace quarry::detail {

/// What time is spent on.
enum class Spent : std::size_t { busy, starved, blocked, queued };

/// Spans of time, summed up by what they were spent on, in slots of one width
/// from an origin on. There are at most `max_slots`: a span beyond the last one
/// makes all slots twice as wide, as often as it takes. So memory is constant,
/// whatever a run takes, and adding costs a few nanoseconds for each slot that
/// the span meets.
///
/// For one thread at a time: each worker has its own, and they are merged when
/// the run is over.
class Timeline {
 public:
  using Clock = Stopwatch::Clock;
  static constexpr std::size_t max_slots = 256;
  static constexpr Clock::duration first_width = std::chrono::microseconds(100);
  /// Nanoseconds times weight, by `Spent`.
  using Slot = std::array<double, 4>;

  explicit Timeline(Clock::time_point origin)
      : origin_(origin), slots_(max_slots) {}

  /// Adds `[begin, end)` with a weight: of several workers, of samples that
  /// wait. What lies before the origin is left out.
  void add(Spent on, Clock::time_point begin, Clock::time_point end,
           double weight = 1.0) noexcept;
  /// Adds all of a timeline with the same origin.
  void merge(const Timeline& other) noexcept;
  /// Takes `what` of a timeline with the same origin away from `from`, in each
  /// slot down to zero.
  void take_away(Spent from, const Timeline& other, Spent what) noexcept;
  /// Makes the slots at least so wide.
  void widen(Clock::duration width) noexcept;

  Clock::duration width() const noexcept { return width_; }
  /// Up to the last one that a span has met.
  std::span<const Slot> slots() const noexcept {
    return {slots_.data(), used_};
  }
  /// All seconds times weight.
  double seconds(Spent on) const noexcept;

 private:
  void coarsen() noexcept;

  Clock::time_point origin_;
  Clock::duration width_ = first_width;
  std::vector<Slot> slots_;
  std::size_t used_ = 0;
};

}  // namespace quarry::detail
