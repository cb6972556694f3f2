#include "net/reactor.hpp"

#include <algorithm>
#include <cerrno>
#include <exception>
#include <future>
#include <random>
#include <unistd.h>
#include <utility>

#include <sys/resource.h>

#include "quarry/core/detail/text.hpp"
#include "quarry/core/error.hpp"

#include "core/thread_name.hpp"
#include "net/backoff.hpp"
#include "net/join_at_exit.hpp"

namespace quarry::detail {
namespace {

// An FTP server gives every transfer a process, and few of them.
constexpr std::size_t most_ftp = 8;
constexpr std::size_t most_uncounted = 5;
constexpr std::chrono::seconds no_hedge_after_objection{5};
constexpr std::chrono::milliseconds most_between_watches{100};
constexpr std::chrono::milliseconds most_between_watches_to_hedge{20};
constexpr std::chrono::milliseconds least_between_watches{2};
constexpr std::chrono::seconds longest_wait{60};

std::uint64_t random_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) ^ device();
}

/// Each needs a descriptor. The application, the resolver and TLS open files,
/// too.
std::size_t in_flight_at_most(const NetworkOptions& options) {
  rlimit descriptors{};
  if (::getrlimit(RLIMIT_NOFILE, &descriptors) != 0)
    return options.max_in_flight;
  return std::min<rlim_t>(options.max_in_flight,
                          std::max<rlim_t>(1, descriptors.rlim_cur / 2));
}

bool is_away(Reach reach) {
  return reach == Reach::nowhere || reach == Reach::silence;
}

NetClock::duration time_between_watches(const NetworkOptions& options) {
  const auto needed =
      ticks(std::chrono::duration<double>(options.first_byte_timeout / 8));
  return std::clamp<NetClock::duration>(
      needed, least_between_watches,
      options.hedge ? most_between_watches_to_hedge : most_between_watches);
}

Failure failure_of(std::exception_ptr thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const Error& error) {
    return error.failure();
  } catch (const std::exception& error) {
    return {"net.curl",
            std::string("a request ended with an exception: ") + error.what()};
  } catch (...) {
    return {"net.curl", "a request ended with an exception"};
  }
}

}  // namespace

Reactor::Reactor(Key /*key*/, NetworkOptions options)
    : options_(std::move(options)),
      most_in_flight_(in_flight_at_most(options_)),
      watch_every_(time_between_watches(options_)),
      random_(random_seed()) {
  options_.validate();
  const std::filesystem::path& ca_file = options_.ca_file;
  if (!ca_file.empty() && ::access(ca_file.c_str(), R_OK) != 0) {
    raise("net.option", "NetworkOptions: ca_file is " + shown(ca_file) + ": " +
                            reason(errno));
  }
  start_curl();
  multi_.emplace(most_in_flight_);
  under_way_.reserve(most_in_flight_);
  idle_.reserve(most_in_flight_);
}

std::shared_ptr<Reactor> Reactor::start(NetworkOptions options) {
  auto reactor = std::make_shared<Reactor>(Key(), std::move(options));
  prepare_join_at_exit();
  // The thread keeps it alive until it ends.
  reactor->thread_ = std::thread([reactor] {
    name_this_thread("quarry-net");
    reactor->run();
  });
  return {reactor.get(), [reactor](Reactor*) {
            reactor->stop();
          }};
}

void Reactor::stop() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  // The last handle may go in a callback.
  if (on_its_thread()) return join_at_exit(std::move(thread_));
  multi_->wake();
  thread_.join();
}

void Reactor::fetch(Request request, FetchDone done) {
  auto job = std::make_shared<Job>(
      Job{.request = std::move(request), .done = std::move(done)});
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = inbox_.empty();
    inbox_.push_back(std::move(job));
  }
  // The thread looks before it sleeps.
  if (first && !on_its_thread()) multi_->wake();
}

Result<Response> Reactor::fetch(Request request) {
  if (on_its_thread()) {
    return Failure{"contract.violated",
                   shown_url(request.url.text) +
                       ": waited for in a callback of the network's thread, "
                       "which would wait for itself",
                   "read from another thread, or with read_async", Blame::run};
  }
  // Shared: `set_value` may still be at work when the answer is there.
  auto promise = std::make_shared<std::promise<Result<Response>>>();
  auto answer = promise->get_future();
  fetch(std::move(request), [promise](Result<Response> result) {
    promise->set_value(std::move(result));
  });
  return answer.get();
}

NetworkStats Reactor::stats() const {
  const std::lock_guard lock(mutex_);
  NetworkStats stats;
  for (const auto& host : hosts_) {
    stats.hosts.push_back(host->stats);
    stats.hosts.back().p50 = host->latency.quantile(0.5);
    stats.hosts.back().p99 = host->latency.quantile(0.99);
  }
  return stats;
}

void Reactor::run() {
  for (;;) {
    take_new();
    collect_done();
    watch(NetClock::now());
    start_ready(NetClock::now());
    decide();
    NetClock::time_point until = wakes_at();
    {
      const std::lock_guard lock(mutex_);
      if (ending_) break;
      if (!inbox_.empty()) until = {};
    }
    multi_->turn(until);
  }
  cancel_all();
}

/// Nobody waits for ever: all that is left is answered, and what the answers
/// ask for, too.
void Reactor::cancel_all() {
  for (;;) {
    take_new();
    std::vector<Host*> hosts;
    for (const auto& host : hosts_) hosts.push_back(host.get());
    std::vector<JobPtr> left = schedule_.clear(hosts);
    for (const auto& attempt : under_way_) left.push_back(attempt->job);
    for (Undecided& undecided : std::exchange(undecided_, {}))
      left.push_back(std::move(undecided.job));
    if (left.empty()) return;
    for (const JobPtr& job : left) {
      finish(job, Failure{"net.cancelled",
                          shown_url(job->request.url.text) + ": not waited for",
                          "", Blame::run});
    }
  }
}

Host& Reactor::host_of(const Request& request) {
  Host*& host = host_by_name_[request.url.host];
  if (host == nullptr) {
    const std::size_t most = is_ftp(request)
                                 ? std::min(most_ftp, options_.max_per_host)
                                 : options_.max_per_host;
    auto made = std::make_unique<Host>(request.url.host, options_, most);
    const std::lock_guard lock(mutex_);
    hosts_.push_back(std::move(made));
    host = hosts_.back().get();
  }
  return *host;
}

void Reactor::take_new() {
  std::vector<JobPtr> fresh;
  {
    const std::lock_guard lock(mutex_);
    fresh.swap(inbox_);
  }
  for (const JobPtr& job : fresh) {
    guarded(job, [&] {
      job->host = &host_of(job->request);
      ++job->host->open;
      schedule_.add(job);
    });
  }
}

void Reactor::start_ready(NetClock::time_point now) {
  using What = Schedule::Next::What;
  while (under_way_.size() < most_in_flight_) {
    const auto next = schedule_.next(now);
    if (!next) return;
    if (next->what == What::give_up) {
      give_up(*next->host, now);
    } else {
      guarded(next->job, [&] { start(next->job); });
    }
  }
}

void Reactor::start(const JobPtr& job) {
  std::unique_ptr<Attempt> attempt;
  if (idle_.empty()) {
    attempt = std::make_unique<Attempt>(options_);
    multi_->prepare(attempt->transfer.easy(), attempt->opener);
  } else {
    attempt = std::move(idle_.back());
    idle_.pop_back();
  }
  attempt->opener.no_room = 0;
  attempt->transfer.begin(job->request, job->fresh_connection);
  CURL* const easy = attempt->transfer.easy();
  curl_easy_setopt(easy, CURLOPT_PRIVATE, attempt.get());
  multi_->add(easy);
  attempt->job = job;
  attempt->place = under_way_.size();
  job->attempts[job->under_way() ? 1 : 0] = attempt.get();
  under_way_.push_back(std::move(attempt));
  Host& host = *job->host;
  host.together = ++host.active;
  const std::lock_guard lock(mutex_);
  ++host.stats.requests;
  if (job->hedged()) {
    ++host.stats.hedges;
  } else if (job->sent++ > 0) {
    ++host.stats.retries;
  }
}

void Reactor::collect_done() {
  while (const CURLMsg* message = multi_->next_done()) {
    Attempt* attempt = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &attempt);
    const CURLcode code = message->data.result;
    const JobPtr job = attempt->job;
    guarded(job, [&] {
      ended(*attempt, attempt->transfer.outcome(code, attempt->opener.no_room));
    });
  }
}

/// Finds out what takes too long.
void Reactor::watch(NetClock::time_point now) {
  if (now - watched_ < watch_every_) return;
  watched_ = now;
  std::vector<std::pair<Attempt*, Outcome>> overdue;
  for (const auto& attempt : under_way_) {
    if (auto outcome = attempt->transfer.overdue(now)) {
      overdue.emplace_back(attempt.get(), *std::move(outcome));
      continue;
    }
    const JobPtr& job = attempt->job;
    Host& host = *job->host;
    if (!options_.hedge || job->slow || !worth_hedging(job->request) ||
        attempt->transfer.answering() || !may_hedge(host, now)) {
      continue;
    }
    const auto patience = host.patience();
    if (patience && now - attempt->transfer.began() > *patience)
      schedule_.add_slow(job);
  }
  for (auto& [attempt, outcome] : overdue) {
    const JobPtr job = attempt->job;
    // The end of its twin may have been its own.
    if (job == nullptr) continue;
    guarded(job, [&, late = attempt, what = std::move(outcome)]() mutable {
      ended(*late, std::move(what));
    });
  }
}

void Reactor::remove(Attempt& attempt) noexcept {
  multi_->remove(attempt.transfer.easy());
  const JobPtr job = std::exchange(attempt.job, nullptr);
  Host& host = *job->host;
  --host.active;
  if (job->attempts[0] == &attempt) job->attempts[0] = job->attempts[1];
  job->attempts[1] = nullptr;
  // Of FTP those for control: each transfer has one more of its own.
  const long opened = std::max(
      0L, attempt.transfer.connections() - (is_ftp(job->request) ? 1L : 0L));
  const bool reused = opened == 0 && attempt.transfer.answering();
  const std::size_t place = attempt.place;
  std::swap(under_way_[place], under_way_.back());
  under_way_[place]->place = place;
  idle_.push_back(std::move(under_way_.back()));
  under_way_.pop_back();
  schedule_.wake(host);
  const std::lock_guard lock(mutex_);
  host.stats.connections += static_cast<std::uint64_t>(opened);
  if (reused) ++host.stats.reused;
}

/// Nothing that is thrown gets past the job that it happened to.
template <class Action>
void Reactor::guarded(const JobPtr& job, Action&& action) noexcept {
  try {
    action();
  } catch (...) {
    Failure failure = failure_of(std::current_exception());
    finish(job, std::move(failure));
  }
}

/// One attempt is over: the job may have another under way.
void Reactor::ended(Attempt& attempt, Outcome outcome) {
  const JobPtr job = attempt.job;
  note_reach(*job, outcome);
  const double wait = judge_answer(attempt, outcome);
  if (outcome.response) took(attempt);
  remove(attempt);
  // The other one may do better.
  if (outcome.failure && outcome.retry && job->under_way()) return;
  settle(job, std::move(outcome), wait);
}

/// What it says about the host being there.
void Reactor::note_reach(Job& job, const Outcome& outcome) {
  CircuitBreaker& breaker = job.host->breaker;
  if (is_away(outcome.reach)) job.host->last_failure = outcome.failure->id;
  switch (outcome.reach) {
    case Reach::unknown:
      // Whether the host is back is not known yet.
      if (outcome.no_room && breaker.open()) breaker.failed(NetClock::now());
      return;
    case Reach::answer:
      return breaker.answered();
    case Reach::nowhere:
      return breaker.failed(NetClock::now());
    case Reach::silence:
      // It may be this object that is never answered: of such each counts once,
      // so that a few of them do not look like a host that is away.
      const std::uint64_t since = breaker.answers() + 1;
      if (breaker.open() || job.silent_since != since)
        breaker.failed(NetClock::now());
      job.silent_since = since;
  }
}

/// What an answer means; the seconds that the host asks to wait.
double Reactor::judge_answer(const Attempt& attempt, Outcome& outcome) {
  const Job& job = *attempt.job;
  Host& host = *job.host;
  double wait = 0.0;
  if (outcome.response && !is_ftp(job.request)) {
    Verdict verdict = judge(job.request, *outcome.response);
    outcome.throttled = verdict.throttled;
    if (verdict.what != Verdict::What::take) {
      wait = retry_after(*outcome.response).value_or(0.0);
      outcome = {.failure = std::move(verdict.failure),
                 .retry = verdict.what != Verdict::What::fail,
                 .reach = Reach::answer,
                 .throttled = verdict.throttled,
                 .counts = verdict.counts,
                 .elsewhere = leads_nowhere(outcome.response->status)};
    }
  } else if (outcome.denied && (host.serves || host.active > 1)) {
    // Others are logged in: the server may have enough of them.
    outcome.retry = outcome.throttled = true;
    if (host.serves) outcome.failure->blame = Blame::sample;
  }
  if (!outcome.throttled && !outcome.no_room) return wait;
  const auto now = NetClock::now();
  const auto began = attempt.transfer.began();
  host.limit.throttled(began, now, host.together);
  host.no_hedge_before = now + no_hedge_after_objection;
  if (outcome.throttled) {
    host.pace.throttled(began, now);
    host.pace.hold(now + ticks(std::chrono::duration<double>(wait)));
    const std::lock_guard lock(mutex_);
    ++host.stats.throttled;
  }
  return wait;
}

/// An answer of use.
void Reactor::took(const Attempt& attempt) {
  Host& host = *attempt.job->host;
  const auto now = NetClock::now();
  const Transfer& transfer = attempt.transfer;
  const auto began = transfer.began();
  // Of an empty file over FTP nothing comes.
  const auto first_byte = transfer.answering() ? transfer.first_byte() : now;
  host.limit.answered({.began = began,
                       .first_byte = first_byte,
                       .ended = now,
                       .under_way = host.together});
  host.pace.answered();
  if (transfer.answering())
    host.first_byte.add(seconds_between(began, first_byte));
  {
    const std::lock_guard lock(mutex_);
    host.latency.add(seconds_between(began, now));
  }
  if (host.serves) return;
  host.serves = undecided_changed_ = true;
}

void Reactor::settle(const JobPtr& job, Outcome outcome, double wait) {
  if (outcome.response) return finish(job, *std::move(outcome.response));
  job->fresh_connection = is_away(outcome.reach) || outcome.elsewhere;
  if (outcome.retry && try_again(job, outcome, wait)) return;
  Failure failure = *std::move(outcome.failure);
  // Nothing has ever come from it: it is not about this sample.
  if (is_away(outcome.reach) && !job->host->serves) failure.blame = Blame::run;
  finish_blaming(job, std::move(failure));
}

bool Reactor::try_again(const JobPtr& job, const Outcome& outcome,
                        double wait) {
  const auto now = NetClock::now();
  job->slow = false;
  if (!outcome.counts && ++job->uncounted <= most_uncounted) {
    schedule_.add_later(job, now);
    return true;
  }
  // While a host is away attempts do not count: the breaker decides. Nor do
  // those without a socket while others have one that they will leave.
  const bool away = is_away(outcome.reach) && job->host->breaker.open();
  const bool waits = outcome.no_room && !under_way_.empty();
  if (!away && !waits && ++job->failed > options_.retries) return false;
  wait += backoff(options_, job->failed, random_);
  schedule_.add_later(job, now + ticks(std::chrono::duration<double>(wait)));
  return true;
}

bool Reactor::another_serves(const Host& host) const noexcept {
  return std::any_of(hosts_.begin(), hosts_.end(), [&](const auto& other) {
    return other.get() != &host && other->serves && !other->breaker.open();
  });
}

bool Reactor::another_may_serve(const Host& host) const noexcept {
  return std::any_of(hosts_.begin(), hosts_.end(), [&](const auto& other) {
    return other.get() != &host && other->open > 0 && !other->serves;
  });
}

/// A failure that stops the run is one sample's while another host serves; that
/// is waited for as long as it may turn out.
void Reactor::finish_blaming(const JobPtr& job, Failure failure) {
  if (failure.blame == Blame::run) {
    if (another_serves(*job->host)) {
      failure.blame = Blame::sample;
    } else if (another_may_serve(*job->host)) {
      undecided_.push_back({job, std::move(failure)});
      if (!std::exchange(job->undecided, true)) --job->host->open;
      return;
    }
  }
  finish(job, std::move(failure));
}

void Reactor::decide() {
  while (std::exchange(undecided_changed_, false)) {
    for (Undecided& held : std::exchange(undecided_, {})) {
      guarded(held.job,
              [&] { finish_blaming(held.job, std::move(held.failure)); });
    }
  }
}

/// The host has been away for too long.
void Reactor::give_up(Host& host, NetClock::time_point now) {
  host.breaker.gave_up(now);
  for (const JobPtr& job : std::exchange(host.ready, {})) {
    guarded(job, [&] {
      finish_blaming(job,
                     Failure{host.last_failure,
                             shown_url(job->request.url.text) +
                                 ": the host has not been reached for " +
                                 std::to_string(host.breaker.away(now)) + " s",
                             "run again when it is back", Blame::run});
    });
  }
}

void Reactor::finish(const JobPtr& job, Result<Response> result) noexcept {
  if (job->finished) return;
  job->finished = true;
  while (job->under_way()) remove(*job->attempts[0]);
  if (Host* const host = job->host) {
    if (!job->undecided && --host->open == 0) undecided_changed_ = true;
    const std::lock_guard lock(mutex_);
    if (result.ok()) {
      ++host->stats.answers;
      host->stats.bytes += result->body.size();
    } else {
      ++host->stats.failed;
    }
  }
  const FetchDone done = std::move(job->done);
  try {
    done(std::move(result));
  } catch (...) {
    // A callback must not throw: there is nobody to tell.
  }
}

NetClock::time_point Reactor::wakes_at() const {
  const NetClock::time_point latest =
      std::min(NetClock::now() + longest_wait, schedule_.wakes_at());
  return under_way_.empty() ? latest
                            : std::min(latest, watched_ + watch_every_);
}

}  // namespace quarry::detail
