#include "net/host.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace quarry::detail {
namespace {

constexpr std::size_t first_limit = 24;
constexpr double more = 1.05;          // answers a second
constexpr double slower = 3.0;         // than the quickest
constexpr double slow_at_least = 0.1;  // seconds
constexpr std::size_t windows_held = 8;
constexpr std::size_t windows_held_after_throttling = 4;
constexpr std::chrono::milliseconds between_halvings{250};
constexpr std::chrono::duration<double> longest_interval{10.0};
constexpr double stranger = 5.0;
constexpr std::chrono::seconds longest_try{1};
constexpr std::chrono::duration<double> shortest_distance{0.005};
constexpr std::chrono::duration<double> longest_distance{1.0};
constexpr std::uint64_t hedge_after_answers = 50;
constexpr std::uint64_t patience_lasts = 32;  // answers
constexpr std::chrono::milliseconds hedge_at_least{20};

}  // namespace

NetClock::duration ticks(std::chrono::duration<double> seconds) {
  return std::chrono::duration_cast<NetClock::duration>(seconds);
}

InFlightLimit::InFlightLimit(std::size_t most)
    : most_(most), limit_(std::min(most, first_limit)), settled_(limit_) {}

void InFlightLimit::answered(const Answer& answer) noexcept {
  // Those of before the last change tell of another limit.
  if (answer.began < changed_) return;
  const std::chrono::duration<double> whole = answer.ended - answer.began;
  window_.first_bytes.add(answer.first_byte);
  window_.logarithms += std::log(std::max(whole.count(), 1e-6));
  window_.under_way += static_cast<double>(answer.under_way);
  // Two round trips of everything that is under way.
  if (window_.first_bytes.count() < 2 * limit_) return;
  const Window window = std::exchange(window_, {});
  const auto answers = static_cast<double>(window.first_bytes.count());
  // About what Little's law says. A clock would tell of this machine, too: the
  // less it leaves to the network's thread, the more answers come in heaps. The
  // mean of logarithms lets no single one decide.
  const double rate =
      window.under_way / answers / std::exp(window.logarithms / answers);
  if (waits_in_queue(window.first_bytes.quantile(0.5), rate)) {
    halve(answer.ended);
  } else if (held_ > 0) {
    --held_;
  } else if (rate > more * best_rate_) {
    best_rate_ = rate;
    settled_ = limit_;
    change(std::min(most_, limit_ + std::max<std::size_t>(1, limit_ / 2)),
           answer.ended);
  } else {
    // More brought nothing. Tried again later: networks change.
    change(settled_, answer.ended);
    best_rate_ = 0.0;
    held_ = windows_held;
  }
}

void InFlightLimit::throttled(NetClock::time_point now) noexcept {
  if (now - halved_ < between_halvings) return;
  halved_ = now;
  halve(now);
}

void InFlightLimit::change(std::size_t limit,
                           NetClock::time_point now) noexcept {
  if (limit == limit_) return;
  limit_ = limit;
  changed_ = now;
  window_ = {};
}

/// Told at the end of a window. What is found out is the measure from then on:
/// it may be the way to the host that has become longer.
bool InFlightLimit::waits_in_queue(double median, double rate) noexcept {
  const bool gives_more = rate > more * std::exchange(last_rate_, rate);
  const bool slow = quickest_ > 0.0 && median >= slow_at_least &&
                    median >= slower * quickest_;
  if (slow && gives_more) return false;
  if (slow || quickest_ == 0.0 || median < quickest_) quickest_ = median;
  return slow;
}

void InFlightLimit::halve(NetClock::time_point now) noexcept {
  best_rate_ = 0.0;
  change(std::max<std::size_t>(1, limit_ / 2), now);
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
  hold(now + ticks(distance_));
}

void Pace::hold(NetClock::time_point until) noexcept {
  next_ = std::max(next_, until);
}

void CircuitBreaker::answered() noexcept {
  ++answers_;
  failures_ = 0;
  interval_ = std::chrono::duration<double>(0.25);
}

void CircuitBreaker::failed(NetClock::time_point now) noexcept {
  if (failures_++ == 0) first_failure_ = now;
  if (open()) next_try_ = now + ticks(interval_);
}

void CircuitBreaker::trying(NetClock::time_point now) noexcept {
  tried_ = now;
  interval_ = std::min(2.0 * interval_, longest_interval);
}

void CircuitBreaker::gave_up(NetClock::time_point now) noexcept {
  if (next_try_ <= now + longest_try) return;
  interval_ = longest_try;
  next_try_ = now + longest_try;
}

NetClock::time_point CircuitBreaker::try_ends() const noexcept {
  return tried_ + longest_try;
}

NetClock::time_point CircuitBreaker::patience_ends() const noexcept {
  const double patience = answers_ > 0 ? outage_ : std::min(outage_, stranger);
  return first_failure_ + ticks(std::chrono::duration<double>(patience));
}

int CircuitBreaker::away(NetClock::time_point now) const noexcept {
  return static_cast<int>(
      std::chrono::duration_cast<std::chrono::seconds>(now - first_failure_)
          .count());
}

void HedgeBudget::earn() noexcept {
  saved_ = std::min(most, saved_ + 1);
}

Host::Host(std::string name, const NetworkOptions& options, std::size_t most)
    : limit(most), breaker(options.outage) {
  stats.host = std::move(name);
}

Host::Turn Host::turn(NetClock::time_point now) const noexcept {
  using What = Turn::What;
  if (!breaker.open()) {
    if (active >= limit.value()) return {What::busy};
    if (now < pace.next()) return {What::wait, pace.next()};
    return {What::ask};
  }
  const bool given_up = breaker.given_up(now);
  if (active > 0) {
    // One finds out whether it is back.
    if (!given_up) return {What::wait, breaker.patience_ends()};
    if (now < breaker.try_ends()) return {What::wait, breaker.try_ends()};
    return {What::give_up};
  }
  if (now >= breaker.next_try()) return {What::ask};
  if (given_up) return {What::give_up};
  return {What::wait, std::min(breaker.next_try(), breaker.patience_ends())};
}

std::optional<NetClock::duration> Host::patience() noexcept {
  const std::uint64_t known = first_byte.count();
  if (known < hedge_after_answers) return std::nullopt;
  if (known - patience_from_ >= patience_lasts || patience_from_ == 0) {
    patience_from_ = known;
    patience_ = std::max<NetClock::duration>(
        hedge_at_least,
        ticks(std::chrono::duration<double>(first_byte.quantile(0.95))));
  }
  return patience_;
}

}  // namespace quarry::detail
