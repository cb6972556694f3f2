#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "quarry/core/error.hpp"
#include "quarry/net/network_options.hpp"
#include "quarry/net/network_stats.hpp"

#include "net/clock.hpp"
#include "net/in_flight_limit.hpp"
#include "net/latency.hpp"

namespace quarry::detail {

struct Job;
using JobPtr = std::shared_ptr<Job>;

/// How far apart requests to a host begin: not at all, until it says that it is
/// asked too often; then a distance that doubles with every such answer and
/// shrinks by a twentieth with every good one.
class Pace {
 public:
  NetClock::time_point next() const noexcept { return next_; }
  void started(NetClock::time_point now) noexcept;
  void answered() noexcept;
  /// Says a request that began then.
  void throttled(NetClock::time_point began, NetClock::time_point now) noexcept;
  /// Nothing begins before that: the host has asked for it.
  void hold(NetClock::time_point until) noexcept;

 private:
  std::chrono::duration<double> distance_{0.0};
  NetClock::time_point next_{};
  NetClock::time_point doubled_ = NetClock::time_point::min();
};

/// A host that does not answer is left alone for a while: after several
/// failures in a row only one request at a time finds out whether it is back,
/// at growing intervals.
class CircuitBreaker {
 public:
  explicit CircuitBreaker(double outage) : outage_(outage) {}

  bool open() const noexcept { return failures_ >= threshold; }
  /// Answers so far.
  std::uint64_t answers() const noexcept { return answers_; }
  /// When open: the next moment at which one request may try.
  NetClock::time_point next_try() const noexcept { return next_try_; }
  /// When open: how long the others wait for it after the host was given up.
  NetClock::time_point try_ends() const noexcept;
  /// When open: not reached for so long, the host is given up. One that has
  /// answered before gets all of `outage`, any other 5 seconds at most.
  NetClock::time_point patience_ends() const noexcept;
  bool given_up(NetClock::time_point now) const noexcept {
    return open() && now >= patience_ends();
  }
  /// Whole seconds since it was last reached.
  int away(NetClock::time_point now) const noexcept;

  void answered() noexcept;
  void failed(NetClock::time_point now) noexcept;
  /// A request goes out to find out.
  void trying(NetClock::time_point now) noexcept;
  /// Nobody waits any more. Who comes later finds out soon whether it is back.
  void gave_up(NetClock::time_point now) noexcept;

 private:
  static constexpr std::size_t threshold = 8;
  double outage_;
  std::uint64_t answers_ = 0;
  std::size_t failures_ = 0;
  std::chrono::duration<double> interval_{0.25};
  NetClock::time_point first_failure_{};
  NetClock::time_point next_try_{};
  NetClock::time_point tried_{};
};

/// Second requests: one for every twenty first ones, and few of them at once.
class HedgeBudget {
 public:
  void earn() noexcept;
  bool can_spend() const noexcept { return saved_ >= price; }
  void spend() noexcept { saved_ -= price; }

 private:
  static constexpr unsigned price = 20;
  static constexpr unsigned most = 8 * price;
  unsigned saved_ = 0;
};

/// What the reactor knows of one host.
struct Host {
  /// What may be done with its requests.
  struct Turn {
    enum class What {
      ask,      ///< one may go out
      wait,     ///< none before `until`
      busy,     ///< none before one of those under way has ended
      give_up,  ///< all that wait have waited for too long
    };
    What what = What::ask;
    NetClock::time_point until = {};
  };

  Host(std::string name, const NetworkOptions& options, std::size_t most);

  Turn turn(NetClock::time_point now) const noexcept;
  bool waits() const noexcept { return !ready.empty() || !slow.empty(); }
  /// How long most first bytes take at most; nothing while too few are known.
  std::optional<NetClock::duration> patience() noexcept;

  std::deque<JobPtr> ready;  ///< to be asked for
  std::deque<JobPtr> slow;   ///< under way, to be asked for a second time
  std::size_t active = 0;    ///< attempts under way
  std::size_t together = 0;  ///< of them, when the last one began
  std::size_t open = 0;      ///< jobs without a result
  bool serves = false;       ///< something of use has come from it
  InFlightLimit limit;
  Pace pace;
  CircuitBreaker breaker;
  HedgeBudget hedges;
  NetClock::time_point no_hedge_before = {};
  ErrorId last_failure = "net.connect";
  Latency first_byte;

  // For the schedule.
  bool in_turn = false;
  NetClock::time_point wakes_at = NetClock::time_point::max();

  // Others read these two.
  Latency latency;
  HostStats stats;

 private:
  std::uint64_t patience_from_ = 0;  ///< answers that it was made of
  NetClock::duration patience_{};
};

}  // namespace quarry::detail
