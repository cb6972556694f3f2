#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <queue>
#include <thread>
#include <unordered_map>
#include <vector>

#include "quarry/core/random.hpp"
#include "quarry/net/network_options.hpp"
#include "quarry/net/network_stats.hpp"

#include "net/host.hpp"
#include "net/request.hpp"
#include "net/transfer.hpp"

namespace quarry::detail {

/// Called once, on the reactor's thread; must not block.
using FetchDone = std::function<void(Result<Response>)>;

/// Gets many objects at once on one thread: keeps connections open, asks as
/// often as each host likes, asks again where that may help, and gives up where
/// it does not.
class Reactor {
 public:
  /// Starts the thread. With the last handle what is under way ends with
  /// `net.cancelled`, and the thread with it. Raises `net.option`.
  static std::shared_ptr<Reactor> start(NetworkOptions options);

  explicit Reactor(NetworkOptions options);  // for `start`
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  /// Returns at once. From any thread, `done` included.
  void fetch(Request request, FetchDone done);
  /// Waits. Not from `done`.
  Result<Response> fetch(Request request);

  NetworkStats stats() const;
  const NetworkOptions& options() const noexcept { return options_; }

 private:
  using JobPtr = std::shared_ptr<Job>;
  struct Later {
    NetClock::time_point when;
    JobPtr job;
    friend bool operator<(const Later& a, const Later& b) {
      return a.when > b.when;  // the earliest on top
    }
  };
  struct Multi {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
  };

  void run();
  void stop();
  void take_new();
  void start_ready(NetClock::time_point now);
  void start_next(Host& host, NetClock::time_point now);
  void start(const JobPtr& job, bool hedge);
  void hedge_slow(NetClock::time_point now);
  void drop_late(NetClock::time_point now);
  void collect_done();
  void ended(Transfer& transfer, Outcome outcome);
  void settle(const JobPtr& job, Outcome outcome);
  void wait_and_retry(const JobPtr& job, double seconds);
  void finish(const JobPtr& job, Result<Response> result);
  void remove(const JobPtr& job, Transfer& transfer);
  void give_up(Host& host, NetClock::time_point now);
  bool others_answer(const Host& host) const;
  int wait_milliseconds(NetClock::time_point now) const;
  Host& host_of(const Request& request);

  NetworkOptions options_;
  std::unique_ptr<CURLM, Multi> multi_;
  RandomStream random_{0};

  mutable std::mutex mutex_;  // of the next three, and of every host's stats
  std::vector<JobPtr> inbox_;
  bool ending_ = false;
  std::vector<std::unique_ptr<Host>> hosts_;  // only the thread adds

  // The thread's own.
  std::unordered_map<std::string, Host*> host_by_name_;
  std::unordered_map<Transfer*, JobPtr> under_way_;
  std::priority_queue<Later> later_;
  std::vector<Easy> idle_;
  std::size_t next_host_ = 0;

  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace quarry::detail
