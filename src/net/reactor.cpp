#include "net/reactor.hpp"

#include <algorithm>
#include <cmath>
#include <future>
#include <utility>

#include "quarry/core/error.hpp"

namespace quarry::detail {

/// A request until it is answered.
struct Job {
  Request request;
  FetchDone done;
  Host* host = nullptr;
  std::size_t attempts = 0;
  bool fresh_connection = false;
  bool hedged = false;
  bool finished = false;
  std::vector<std::unique_ptr<Transfer>> transfers = {};  // two when hedged
};

namespace {

// An FTP server gives every transfer a process, and few of them.
constexpr std::size_t most_ftp = 8;
constexpr std::uint64_t hedge_after_answers = 50;
constexpr std::uint64_t hedge_one_in = 20;
constexpr std::chrono::milliseconds hedge_at_least{20};
constexpr int longest_wait_ms = 250;

bool is_ftp(const Request& request) {
  return request.url.scheme.starts_with("ftp");
}

void start_curl() {
  // Thread-safe since 7.84, and counted.
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (code != CURLE_OK) {
    raise("net.curl",
          std::string("libcurl does not start: ") + curl_easy_strerror(code));
  }
}

NetClock::duration ticks(double seconds) {
  return std::chrono::duration_cast<NetClock::duration>(
      std::chrono::duration<double>(seconds));
}

}  // namespace

Reactor::Reactor(NetworkOptions options) : options_(std::move(options)) {
  options_.validate();
  start_curl();
  multi_.reset(curl_multi_init());
  if (multi_ == nullptr) raise("net.curl", "libcurl does not start");
  // Its default grows and shrinks with the number of transfers, and so closes
  // connections that the next moment wants.
  curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS,
                    static_cast<long>(options_.max_in_flight));
  curl_multi_setopt(multi_.get(), CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
}

std::shared_ptr<Reactor> Reactor::start(NetworkOptions options) {
  auto reactor = std::make_shared<Reactor>(std::move(options));
  // The thread keeps it alive until it ends.
  reactor->thread_ = std::jthread([reactor] { reactor->run(); });
  return {reactor.get(), [reactor](Reactor*) {
            reactor->stop();
          }};
}

void Reactor::stop() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  curl_multi_wakeup(multi_.get());
  // The last handle may go in a callback.
  if (std::this_thread::get_id() == thread_.get_id()) {
    thread_.detach();
  } else {
    thread_.join();
  }
}

void Reactor::fetch(Request request, FetchDone done) {
  auto job = std::make_shared<Job>(
      Job{.request = std::move(request), .done = std::move(done)});
  {
    const std::lock_guard lock(mutex_);
    inbox_.push_back(std::move(job));
  }
  curl_multi_wakeup(multi_.get());
}

Result<Response> Reactor::fetch(Request request) {
  std::promise<Result<Response>> promise;
  auto answer = promise.get_future();
  fetch(std::move(request), [&promise](Result<Response> result) {
    promise.set_value(std::move(result));
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
    {
      const std::lock_guard lock(mutex_);
      if (ending_) break;
    }
    const NetClock::time_point now = NetClock::now();
    start_ready(now);
    int running = 0;
    curl_multi_perform(multi_.get(), &running);
    collect_done();
    const NetClock::time_point then = NetClock::now();
    drop_late(then);
    hedge_slow(then);
    curl_multi_poll(multi_.get(), nullptr, 0, wait_milliseconds(then), nullptr);
  }
  // Nobody waits for ever: all that is left is answered.
  take_new();
  std::vector<JobPtr> left;
  for (const auto& [transfer, job] : under_way_) left.push_back(job);
  for (const auto& host : hosts_) {
    left.insert(left.end(), host->ready.begin(), host->ready.end());
  }
  for (; !later_.empty(); later_.pop()) left.push_back(later_.top().job);
  for (const JobPtr& job : left) {
    finish(job, Failure{"net.cancelled",
                        shown_url(job->request.url.text) + ": not waited for",
                        "", Blame::run});
  }
}

Host& Reactor::host_of(const Request& request) {
  Host*& host = host_by_name_[request.url.host];
  if (host == nullptr) {
    const std::size_t most = is_ftp(request)
                                 ? std::min(most_ftp, options_.max_per_host)
                                 : options_.max_per_host;
    auto made = std::make_unique<Host>(request.url.host, options_, most);
    host = made.get();
    const std::lock_guard lock(mutex_);
    hosts_.push_back(std::move(made));
  }
  return *host;
}

void Reactor::take_new() {
  std::vector<JobPtr> fresh;
  {
    const std::lock_guard lock(mutex_);
    fresh.swap(inbox_);
  }
  for (JobPtr& job : fresh) {
    job->host = &host_of(job->request);
    job->host->ready.push_back(std::move(job));
  }
}

void Reactor::start_ready(NetClock::time_point now) {
  while (!later_.empty() && later_.top().when <= now) {
    const JobPtr job = later_.top().job;
    later_.pop();
    // Before those that were never asked: it has waited longer.
    job->host->ready.push_front(job);
  }
  // A request a host in turn, so that none starves behind a long list.
  std::size_t idle_hosts = 0;
  while (!hosts_.empty() && idle_hosts < hosts_.size() &&
         under_way_.size() < options_.max_in_flight) {
    Host& host = *hosts_[next_host_++ % hosts_.size()];
    const std::size_t before = host.active;
    start_next(host, now);
    idle_hosts = host.active == before ? idle_hosts + 1 : 0;
  }
}

void Reactor::start_next(Host& host, NetClock::time_point now) {
  if (host.ready.empty()) return;
  if (host.breaker.given_up(now, host.latency.count() > 0))
    return give_up(host, now);
  if (host.breaker.open()) {
    if (host.active > 0 || now < host.breaker.next_try()) return;
    host.breaker.trying(now);
  } else if (host.active >= host.limit.value() || now < host.pace.next()) {
    return;
  }
  host.pace.started(now);
  const JobPtr job = host.ready.front();
  host.ready.pop_front();
  start(job, false);
}

void Reactor::start(const JobPtr& job, bool hedge) {
  Host& host = *job->host;
  Easy easy;
  if (idle_.empty()) {
    easy.reset(curl_easy_init());
  } else {
    easy = std::move(idle_.back());
    idle_.pop_back();
    curl_easy_reset(easy.get());
  }
  try {
    if (easy == nullptr) throw std::bad_alloc();
    job->transfers.push_back(std::make_unique<Transfer>(
        std::move(easy), job->request, options_, job->fresh_connection));
  } catch (const Error& error) {
    return finish(job, error.failure());
  } catch (const std::exception& error) {
    return finish(job, Failure{"net.curl", error.what(), "", Blame::run});
  }
  Transfer* transfer = job->transfers.back().get();
  under_way_.emplace(transfer, job);
  ++host.active;
  curl_multi_add_handle(multi_.get(), transfer->easy());
  const std::lock_guard lock(mutex_);
  ++host.stats.requests;
  if (hedge) {
    ++host.stats.hedges;
  } else if (job->attempts++ > 0) {
    ++host.stats.retries;
  }
}

void Reactor::hedge_slow(NetClock::time_point now) {
  if (!options_.hedge) return;
  std::vector<JobPtr> slow;
  for (const auto& [transfer, job] : under_way_) {
    const Host& host = *job->host;
    if (job->hedged || !job->request.hedge || transfer->answering() ||
        host.latency.count() < hedge_after_answers || host.breaker.open() ||
        host.stats.hedges * hedge_one_in > host.stats.requests) {
      continue;
    }
    const auto patience = std::max<NetClock::duration>(
        hedge_at_least, ticks(host.latency.quantile(0.95)));
    if (now - transfer->began() > patience) slow.push_back(job);
  }
  for (const JobPtr& job : slow) {
    if (under_way_.size() >= options_.max_in_flight) return;
    job->hedged = true;
    start(job, true);
  }
}

void Reactor::drop_late(NetClock::time_point now) {
  std::vector<Transfer*> late;
  for (const auto& [transfer, job] : under_way_) {
    if (transfer->late(now)) late.push_back(transfer);
  }
  for (Transfer* transfer : late) ended(*transfer, transfer->late_outcome());
}

void Reactor::collect_done() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    Transfer* transfer = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
    ended(*transfer, transfer->outcome(message->data.result));
  }
}

void Reactor::remove(const JobPtr& job, Transfer& transfer) {
  curl_multi_remove_handle(multi_.get(), transfer.easy());
  under_way_.erase(&transfer);
  --job->host->active;
  // Of FTP those for control: each transfer has one more of its own.
  const long opened =
      std::max(0L, transfer.connections() - (is_ftp(job->request) ? 1L : 0L));
  const bool answering = transfer.answering();
  idle_.push_back(transfer.release());
  std::erase_if(job->transfers,
                [&](const auto& held) { return held.get() == &transfer; });
  const std::lock_guard lock(mutex_);
  HostStats& stats = job->host->stats;
  stats.connections += static_cast<std::uint64_t>(opened);
  if (opened == 0 && answering) ++stats.reused;
}

/// One attempt is over: the request may have another under way.
void Reactor::ended(Transfer& transfer, Outcome outcome) {
  const JobPtr job = under_way_.at(&transfer);
  const NetClock::time_point now = NetClock::now();
  const double seconds =
      std::chrono::duration<double>(now - transfer.began()).count();
  Host& host = *job->host;
  if (outcome.transport) {
    host.breaker.failed(now);
  } else if (outcome.response) {
    host.breaker.answered();
    host.limit.answered(now);
    const std::lock_guard lock(mutex_);
    host.latency.add(seconds);
  }
  remove(job, transfer);
  if (job->finished) return;
  if (outcome.failure && outcome.retry && !job->transfers.empty()) {
    return;  // the other attempt may do better
  }
  settle(job, std::move(outcome));
}

void Reactor::settle(const JobPtr& job, Outcome outcome) {
  Host& host = *job->host;
  std::optional<double> wait;
  if (outcome.response && !is_ftp(job->request)) {
    const Verdict verdict = judge(job->request, *outcome.response);
    if (verdict.throttled) {
      host.limit.throttled(NetClock::now());
      host.pace.throttled(NetClock::now());
      const std::lock_guard lock(mutex_);
      ++host.stats.throttled;
    }
    if (verdict.what != Verdict::What::take) {
      wait = retry_after(*outcome.response);
      outcome = {.failure = verdict.failure,
                 .retry = verdict.what == Verdict::What::retry};
      if (!verdict.counts && job->attempts > 0) --job->attempts;
    }
  }
  if (outcome.response) {
    host.pace.answered();
    return finish(job, *std::move(outcome.response));
  }
  // While a host is away attempts do not count: the breaker decides.
  const bool away = outcome.transport && host.breaker.open();
  if (outcome.retry && (away || job->attempts <= options_.retries)) {
    job->fresh_connection = outcome.transport;
    const double doubled = std::ldexp(
        options_.backoff, static_cast<int>(std::min<std::size_t>(
                              job->attempts > 0 ? job->attempts - 1 : 0, 30)));
    return wait_and_retry(job,
                          wait.value_or(random_.uniform(
                              0.0, std::min(doubled, options_.max_backoff))));
  }
  Failure failure = *std::move(outcome.failure);
  if (outcome.transport && !others_answer(host)) {
    // Nothing has ever come from anywhere: it is not about this sample.
    failure.blame = Blame::run;
  }
  finish(job, std::move(failure));
}

void Reactor::wait_and_retry(const JobPtr& job, double seconds) {
  job->hedged = false;
  later_.push({NetClock::now() + ticks(seconds), job});
}

bool Reactor::others_answer(const Host& host) const {
  return host.latency.count() > 0 ||
         std::any_of(hosts_.begin(), hosts_.end(), [](const auto& other) {
           return other->latency.count() > 0 && !other->breaker.open();
         });
}

/// The host has been away for too long.
void Reactor::give_up(Host& host, NetClock::time_point now) {
  const bool others =
      std::any_of(hosts_.begin(), hosts_.end(), [&](const auto& other) {
        return other.get() != &host && other->latency.count() > 0 &&
               !other->breaker.open();
      });
  std::deque<JobPtr> waiting;
  waiting.swap(host.ready);
  for (const JobPtr& job : waiting) {
    finish(job, Failure{"net.connect",
                        shown_url(job->request.url.text) +
                            ": the host has not been reached for " +
                            std::to_string(host.breaker.away(now)) + " s",
                        "run again when it is back",
                        others ? Blame::sample : Blame::run});
  }
  host.breaker.trying(now);
}

void Reactor::finish(const JobPtr& job, Result<Response> result) {
  if (job->finished) return;
  job->finished = true;
  while (!job->transfers.empty()) remove(job, *job->transfers.back());
  {
    const std::lock_guard lock(mutex_);
    HostStats& stats = job->host->stats;
    if (result.ok()) {
      ++stats.answers;
      stats.bytes += result->body.size();
    } else {
      ++stats.failed;
    }
  }
  const FetchDone done = std::move(job->done);
  done(std::move(result));
}

int Reactor::wait_milliseconds(NetClock::time_point now) const {
  {
    const std::lock_guard lock(mutex_);
    if (!inbox_.empty() || ending_) return 0;
  }
  auto wait = std::chrono::milliseconds(longest_wait_ms);
  if (!later_.empty()) {
    wait = std::min(wait, std::chrono::ceil<std::chrono::milliseconds>(
                              later_.top().when - now));
  }
  // What is slow shall be found out in time.
  if (options_.hedge && !under_way_.empty()) {
    wait = std::min(wait, std::chrono::milliseconds(hedge_at_least));
  }
  for (const auto& host : hosts_) {
    if (host->ready.empty()) continue;
    if (host->breaker.open()) {
      wait = std::min(wait, std::chrono::ceil<std::chrono::milliseconds>(
                                host->breaker.next_try() - now));
    } else if (host->active < host->limit.value() &&
               under_way_.size() < options_.max_in_flight) {
      if (host->pace.next() <= now) return 0;
      wait = std::min(wait, std::chrono::ceil<std::chrono::milliseconds>(
                                host->pace.next() - now));
    }
  }
  return static_cast<int>(std::max<std::int64_t>(0, wait.count()));
}

}  // namespace quarry::detail
