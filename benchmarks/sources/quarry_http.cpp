// HttpSource over the same list, asked as the pipeline asks it: 256 objects are
// open at any time, and every answer asks for the next.
//
//   quarry_http --urls LIST.txt [--connections 256] [--server PIDS]

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <string>

#include "quarry/core/json.hpp"
#include "quarry/data/http_source.hpp"

#include "../flags.hpp"
#include "../objects.hpp"
#include "../stopwatch.hpp"

namespace {

using namespace quarry;

/// What `PipelineOptions` takes for an `AsyncSource` by default.
constexpr std::size_t open_at_once = 256;

/// Gets every object of the source, and waits for the last.
class Reading {
 public:
  explicit Reading(const HttpSource& source)
      : source_(source), left_(source.size()) {}

  /// How many could not be had.
  std::size_t run() {
    const std::size_t first = std::min(open_at_once, source_.size());
    next_ = first;
    for (std::size_t i = 0; i < first; ++i) ask(i);
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return left_ == 0; });
    return failed_;
  }

 private:
  void ask(std::size_t i) {
    source_.read_async(i, [this](Result<Bytes> bytes) { arrived(bytes.ok()); });
  }

  void arrived(bool ok) {
    std::size_t next = 0;
    {
      const std::lock_guard lock(mutex_);
      if (!ok) ++failed_;
      if (--left_ == 0) return changed_.notify_one();
      next = next_++;
    }
    if (next < source_.size()) ask(next);
  }

  const HttpSource& source_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t next_ = 0;
  std::size_t left_;
  std::size_t failed_ = 0;
};

void measure(const Flags& flags) {
  NetworkOptions options;
  options.max_per_host = flags.count("connections");
  if (options.max_per_host > open_at_once) {
    throw std::invalid_argument("--connections is at most " +
                                std::to_string(open_at_once) +
                                ": no more objects are asked for at once");
  }
  const HttpSource source(lines_of(flags.given("urls")), options);
  const Stopwatch watch(flags.text("server"));
  const std::size_t failed = Reading(source).run();
  const Spent spent = watch.spent();
  if (failed != 0) {
    throw std::runtime_error(std::to_string(failed) + " requests failed");
  }
  const NetworkStats network = source.network();
  const HostStats& host = network.hosts.at(0);
  const Json more{{"bytes", host.bytes},
                  {"connections", host.connections},
                  {"hedges", host.hedges},
                  {"p50", host.p50},
                  {"p99", host.p99}};
  print_result("quarry", source.size(), spent, ", \"host\": " + to_line(more));
}

}  // namespace

int main(int argc, char** argv) {
  return run_benchmark("quarry_http", [&] {
    measure(Flags(argc, argv,
                  {{"urls", ""}, {"connections", "256"}, {"server", ""}}));
  });
}
