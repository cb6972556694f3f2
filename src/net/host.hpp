#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "quarry/net/network_options.hpp"
#include "quarry/net/network_stats.hpp"

#include "net/latency.hpp"

namespace quarry::detail {

using NetClock = std::chrono::steady_clock;

struct Job;

/// How many requests a host gets at once. Grows by half while that brings
/// more answers a second, is halved when the host objects.
class InFlightLimit {
 public:
  explicit InFlightLimit(std::size_t most);

  std::size_t value() const noexcept { return limit_; }
  void answered(NetClock::time_point now) noexcept;
  void throttled(NetClock::time_point now) noexcept;

 private:
  std::size_t most_;
  std::size_t limit_;
  std::size_t settled_;   ///< the last that brought more
  std::size_t held_ = 0;  ///< windows until more is tried
  std::size_t in_window_ = 0;
  NetClock::time_point window_began_{};
  NetClock::time_point halved_{};
  double best_rate_ = 0.0;
};

/// How far apart requests to a host begin: not at all, until it says that it is
/// asked too often; then a distance that doubles with every such answer and
/// shrinks by a twentieth with every good one.
class Pace {
 public:
  NetClock::time_point next() const noexcept { return next_; }
  void started(NetClock::time_point now) noexcept;
  void answered() noexcept;
  void throttled(NetClock::time_point now) noexcept;

 private:
  std::chrono::duration<double> distance_{0.0};
  NetClock::time_point next_{};
  NetClock::time_point doubled_{};
};

/// A host that does not answer is left alone for a while: after several
/// transport failures in a row only one request at a time finds out whether it
/// is back, at growing intervals.
class CircuitBreaker {
 public:
  explicit CircuitBreaker(double outage) : outage_(outage) {}

  bool open() const noexcept { return failures_ >= threshold; }
  /// When open: the next moment at which one request may try.
  NetClock::time_point next_try() const noexcept { return next_try_; }
  void answered() noexcept;
  void failed(NetClock::time_point now) noexcept;
  /// A request goes out to find out: the next one waits longer.
  void trying(NetClock::time_point now) noexcept;
  /// Not reached for longer than `outage`; one that was `known` to answer gets
  /// all of it, any other a few seconds.
  bool given_up(NetClock::time_point now, bool known) const noexcept;
  /// Whole seconds since it was last reached.
  int away(NetClock::time_point now) const noexcept;

 private:
  static constexpr std::size_t threshold = 8;
  double outage_;
  std::size_t failures_ = 0;
  std::chrono::duration<double> interval_{0.25};
  NetClock::time_point first_failure_{};
  NetClock::time_point next_try_{};
};

/// What the reactor knows of one host.
struct Host {
  Host(std::string name, const NetworkOptions& options, std::size_t most)
      : limit(most), breaker(options.outage) {
    stats.host = std::move(name);
  }

  std::deque<std::shared_ptr<Job>> ready;
  std::size_t active = 0;
  InFlightLimit limit;
  Pace pace;
  CircuitBreaker breaker;
  Latency latency;
  HostStats stats;
};

}  // namespace quarry::detail
