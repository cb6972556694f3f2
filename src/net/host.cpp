#include "net/host.hpp"

#include <algorithm>
#include <utility>

namespace quarry::detail {
namespace {

constexpr std::chrono::duration<double> longest_interval{10.0};
constexpr double stranger = 5.0;
constexpr std::chrono::seconds longest_try{1};
constexpr std::chrono::duration<double> shortest_distance{0.005};
constexpr std::chrono::duration<double> longest_distance{1.0};
constexpr std::uint64_t hedge_after_answers = 50;
constexpr std::uint64_t patience_lasts = 32;  // answers
constexpr std::chrono::milliseconds hedge_at_least{20};

}  // namespace

void Pace::started(NetClock::time_point now) noexcept {
  next_ = std::max(next_, now + ticks(distance_));
}

void Pace::answered() noexcept {
  distance_ *= 0.95;
  if (distance_ < shortest_distance / 2) distance_ = {};
}

void Pace::throttled(NetClock::time_point began,
                     NetClock::time_point now) noexcept {
  // For what was under way then it has doubled already.
  if (began < doubled_) return;
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
