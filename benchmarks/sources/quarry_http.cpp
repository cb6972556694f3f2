// HttpSource over the same list: every object asked for at once, as the
// pipeline does.
//
//   quarry_http --urls LIST.txt [--connections 64]

#include <condition_variable>
#include <cstring>
#include <fstream>
#include <iostream>
#include <mutex>

#include "quarry/core/json.hpp"
#include "quarry/data/http_source.hpp"

namespace {

using namespace quarry;
using Clock = std::chrono::steady_clock;

int measure(int argc, char** argv) {
  std::string list;
  NetworkOptions options;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--urls") == 0) list = argv[i + 1];
    if (std::strcmp(argv[i], "--connections") == 0) {
      options.max_per_host = std::stoul(argv[i + 1]);
    }
  }
  std::vector<std::string> urls;
  std::ifstream in(list);
  for (std::string line; std::getline(in, line);) urls.push_back(line);
  const HttpSource source(urls, options);
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t left = source.size();
  std::size_t failed = 0;
  const auto begin = Clock::now();
  for (std::size_t i = 0; i < source.size(); ++i) {
    source.read_async(i, [&](Result<Bytes> bytes) {
      const std::lock_guard lock(mutex);
      if (!bytes.ok()) ++failed;
      if (--left == 0) changed.notify_one();
    });
  }
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return left == 0; });
  const double seconds =
      std::chrono::duration<double>(Clock::now() - begin).count();
  const NetworkStats network = source.network();
  const HostStats& host = network.hosts.at(0);
  std::cout << to_line(Json{{"contender", "quarry"},
                            {"objects", source.size()},
                            {"failed", failed},
                            {"bytes", host.bytes},
                            {"seconds", seconds},
                            {"objects_per_second",
                             static_cast<double>(source.size()) / seconds},
                            {"connections", host.connections},
                            {"hedges", host.hedges},
                            {"p50", host.p50},
                            {"p99", host.p99}})
            << '\n';
  return failed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return measure(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "quarry_http: " << error.what() << '\n';
    return 2;
  }
}
