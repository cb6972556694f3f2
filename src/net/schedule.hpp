#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <queue>
#include <vector>

#include "net/host.hpp"
#include "net/job.hpp"

namespace quarry::detail {

/// Which job is next: hosts with something to do take turns, so that none
/// starves behind a long list; a host that must wait has none. Costs O(log n)
/// in what waits, however many hosts there are.
class Schedule {
 public:
  struct Next {
    enum class What {
      ask,      ///< the job, for the first time or again
      hedge,    ///< the job a second time, beside the first
      give_up,  ///< all that waits for the host; no job
    };
    What what = What::ask;
    Host* host = nullptr;
    JobPtr job = nullptr;
  };

  /// A job of a host that is not under way.
  void add(JobPtr job);
  /// The same, from then on.
  void add_later(JobPtr job, NetClock::time_point when);
  /// A job under way that is slow.
  void add_slow(JobPtr job);
  /// Something has changed for the host: an attempt has ended.
  void wake(Host& host);

  /// Nothing when all that waits has to. What is to be asked is taken for
  /// begun.
  std::optional<Next> next(NetClock::time_point now);
  /// When there may be something next. Never without anything that waits.
  NetClock::time_point wakes_at() const noexcept;

  /// Takes out all jobs that are not under way.
  std::vector<JobPtr> clear(const std::vector<Host*>& hosts);

 private:
  struct Timer {
    NetClock::time_point when;
    Host* host;
    JobPtr job;  ///< none: the host's turn
    friend bool operator<(const Timer& a, const Timer& b) noexcept {
      return a.when > b.when;  // the earliest on top
    }
  };

  void ring(NetClock::time_point now);
  JobPtr take_slow(Host& host, NetClock::time_point now);

  std::deque<Host*> turns_;
  std::priority_queue<Timer> timers_;
};

/// Whether a job may be asked for a second time now, as far as its host goes.
bool may_hedge(const Host& host, NetClock::time_point now) noexcept;

}  // namespace quarry::detail
