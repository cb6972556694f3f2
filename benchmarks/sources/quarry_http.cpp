// HttpSource over the same list: every object asked for at once, as the
// pipeline does.
//
//   quarry_http --urls LIST.txt [--connections 64] [--server PIDS]

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

void measure(const Flags& flags) {
  NetworkOptions options;
  options.max_per_host = flags.count("connections");
  const HttpSource source(lines_of(flags.given("urls")), options);
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t left = source.size();
  std::size_t failed = 0;
  const Stopwatch watch(flags.text("server"));
  for (std::size_t i = 0; i < source.size(); ++i) {
    source.read_async(i, [&](Result<Bytes> bytes) {
      const std::lock_guard lock(mutex);
      if (!bytes.ok()) ++failed;
      if (--left == 0) changed.notify_one();
    });
  }
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return left == 0; });
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
                  {{"urls", ""}, {"connections", "64"}, {"server", ""}}));
  });
}
