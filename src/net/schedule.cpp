#include "net/schedule.hpp"

#include <utility>

namespace quarry::detail {

bool may_hedge(const Host& host, NetClock::time_point now) noexcept {
  return !host.breaker.open() && host.hedges.can_spend() &&
         now >= host.no_hedge_before;
}

void Schedule::add(JobPtr job) {
  Host& host = *job->host;
  host.ready.push_back(std::move(job));
  wake(host);
}

void Schedule::add_later(JobPtr job, NetClock::time_point when) {
  Host* const host = job->host;
  timers_.push({when, host, std::move(job)});
}

void Schedule::add_slow(JobPtr job) {
  Host& host = *job->host;
  job->slow = true;
  host.slow.push_back(std::move(job));
  wake(host);
}

void Schedule::wake(Host& host) {
  if (host.in_turn || !host.waits()) return;
  turns_.push_back(&host);
  host.in_turn = true;
}

void Schedule::ring(NetClock::time_point now) {
  while (!timers_.empty() && timers_.top().when <= now) {
    const Timer timer = timers_.top();
    timers_.pop();
    Host& host = *timer.host;
    if (timer.job == nullptr) {
      if (host.wakes_at == timer.when)
        host.wakes_at = NetClock::time_point::max();
    } else if (host.breaker.open()) {
      // Another one may find out whether the host is back.
      host.ready.push_back(timer.job);
    } else {
      // Before those that were never asked: it has waited longer.
      host.ready.push_front(timer.job);
    }
    wake(host);
  }
}

/// The first that is still worth a second request.
JobPtr Schedule::take_slow(Host& host, NetClock::time_point now) {
  while (!host.slow.empty()) {
    JobPtr job = std::move(host.slow.front());
    host.slow.pop_front();
    if (job->finished || !job->under_way() || job->hedged()) continue;
    if (may_hedge(host, now)) return job;
    job->slow = false;  // it may be found slow again
  }
  return nullptr;
}

std::optional<Schedule::Next> Schedule::next(NetClock::time_point now) {
  using What = Host::Turn::What;
  ring(now);
  while (!turns_.empty()) {
    Host& host = *turns_.front();
    turns_.pop_front();
    host.in_turn = false;
    const Host::Turn turn = host.turn(now);
    if (turn.what == What::wait && turn.until < host.wakes_at) {
      timers_.push({turn.until, &host, nullptr});
      host.wakes_at = turn.until;
    }
    if (turn.what == What::give_up)
      return Next{Next::What::give_up, &host, nullptr};
    if (turn.what != What::ask) continue;
    JobPtr job = take_slow(host, now);
    const bool hedge = job != nullptr;
    if (!hedge) {
      if (host.ready.empty()) continue;
      job = std::move(host.ready.front());
      host.ready.pop_front();
    }
    if (hedge) {
      host.hedges.spend();
    } else {
      host.hedges.earn();
    }
    if (host.breaker.open()) host.breaker.trying(now);
    host.pace.started(now);
    wake(host);
    return Next{hedge ? Next::What::hedge : Next::What::ask, &host,
                std::move(job)};
  }
  return std::nullopt;
}

NetClock::time_point Schedule::wakes_at() const noexcept {
  return timers_.empty() ? NetClock::time_point::max() : timers_.top().when;
}

std::vector<JobPtr> Schedule::clear(const std::vector<Host*>& hosts) {
  std::vector<JobPtr> jobs;
  for (Host* host : hosts) {
    jobs.insert(jobs.end(), host->ready.begin(), host->ready.end());
    host->ready.clear();
    host->slow.clear();
  }
  for (; !timers_.empty(); timers_.pop()) {
    if (timers_.top().job) jobs.push_back(timers_.top().job);
  }
  return jobs;
}

}  // namespace quarry::detail
