#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "quarry/core/random.hpp"
#include "quarry/net/network_options.hpp"
#include "quarry/net/network_stats.hpp"

#include "net/host.hpp"
#include "net/job.hpp"
#include "net/multi.hpp"
#include "net/request.hpp"
#include "net/schedule.hpp"
#include "net/transfer.hpp"

namespace quarry::detail {

/// A job on its way, on a handle that is used again.
struct Attempt {
  explicit Attempt(const NetworkOptions& options) : transfer(options) {}

  Multi::Opener opener;
  Transfer transfer;
  JobPtr job = nullptr;
  std::size_t place = 0;  ///< among those under way
};

/// Gets many objects at once on one thread: keeps connections open, asks as
/// often as each host likes, asks again where that may help, and gives up where
/// it does not.
class Reactor {
  class Key {
    friend class Reactor;
    Key() = default;
  };

 public:
  /// Starts the thread. With the last handle what is under way ends with
  /// `net.cancelled`, and the thread with it. Raises `net.option`, `net.curl`.
  static std::shared_ptr<Reactor> start(NetworkOptions options);

  Reactor(Key, NetworkOptions options);
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  /// Returns at once. From any thread, `done` included.
  void fetch(Request request, FetchDone done);
  /// Waits. Called from `done`, where it would wait for ever, it is the failure
  /// `contract.violated`.
  Result<Response> fetch(Request request);

  NetworkStats stats() const;
  /// Whether this is called in `done`.
  bool on_its_thread() const noexcept {
    return std::this_thread::get_id() == thread_.get_id();
  }
  const NetworkOptions& options() const noexcept { return options_; }

 private:
  /// A failure that stops the run, unless another host turns out to serve.
  struct Undecided {
    JobPtr job;
    Failure failure;
  };

  void run();
  void stop();
  void cancel_all();
  void take_new();
  void start_ready(NetClock::time_point now);
  void start(const JobPtr& job);
  void collect_done();
  void watch(NetClock::time_point now);
  NetClock::time_point wakes_at() const;

  template <class Action>
  void guarded(const JobPtr& job, Action&& action) noexcept;
  void ended(Attempt& attempt, Outcome outcome);
  void note_reach(Job& job, const Outcome& outcome);
  double judge_answer(const Attempt& attempt, Outcome& outcome);
  void took(const Attempt& attempt);
  void settle(const JobPtr& job, Outcome outcome, double wait);
  bool try_again(const JobPtr& job, const Outcome& outcome, double wait);
  void remove(Attempt& attempt) noexcept;
  void give_up(Host& host, NetClock::time_point now);
  bool another_serves(const Host& host) const noexcept;
  bool another_may_serve(const Host& host) const noexcept;
  void finish_blaming(const JobPtr& job, Failure failure);
  void decide();
  void finish(const JobPtr& job, Result<Response> result) noexcept;
  Host& host_of(const Request& request);

  const NetworkOptions options_;
  const std::size_t most_in_flight_;  ///< for which there are descriptors
  const NetClock::duration watch_every_;
  std::optional<Multi> multi_;  // once libcurl is up
  RandomStream random_;

  mutable std::mutex mutex_;  // of the next three, and of every host's stats
  std::vector<JobPtr> inbox_;
  bool ending_ = false;
  std::vector<std::unique_ptr<Host>> hosts_;  // only the thread adds

  // The thread's own.
  std::unordered_map<std::string, Host*> host_by_name_;
  Schedule schedule_;
  std::vector<std::unique_ptr<Attempt>> under_way_;
  std::vector<std::unique_ptr<Attempt>> idle_;
  std::vector<Undecided> undecided_;
  bool undecided_changed_ = false;
  NetClock::time_point watched_{};

  std::thread thread_;
};

}  // namespace quarry::detail
