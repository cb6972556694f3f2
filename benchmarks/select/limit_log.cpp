// The limit: how many float32 values a second threads read and take a vector
// logarithm of, glibc's, for the processor that compiles this. No line of
// Quarry.
//
//   limit_log [--values 10000000] [--threads 1]

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <thread>
#include <vector>

#include "../flags.hpp"
#include "../stopwatch.hpp"

namespace {

constexpr std::size_t rounds = 5;
constexpr std::size_t part = 4096;  // of logarithms, which stay in the cache

/// Something of all of them, so that none is left out.
float take_logs(const float* values, std::size_t count) {
  std::array<float, part> logs{};
  float something = 0.0F;
  for (std::size_t first = 0; first < count; first += part) {
    const std::size_t some = std::min(part, count - first);
    for (std::size_t i = 0; i < some; ++i)
      logs[i] = std::log(values[first + i]);
    something += logs[some / 2];
  }
  return something;
}

void measure(const Flags& flags) {
  const std::size_t count = flags.count("values");
  const std::size_t threads = flags.count("threads");
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i)
    values[i] = static_cast<float>(i * 2654435761U % 1000003U + 1) / 1000004.0F;
  std::vector<float> something(threads);
  double best = 1e9;
  for (std::size_t round = 0; round < rounds; ++round) {
    const Stopwatch watch;
    std::vector<std::thread> workers;
    for (std::size_t t = 0; t < threads; ++t) {
      const std::size_t first = count * t / threads;
      const std::size_t last = count * (t + 1) / threads;
      workers.emplace_back([&, t, first, last] {
        something[t] += take_logs(values.data() + first, last - first);
      });
    }
    for (std::thread& worker : workers) worker.join();
    best = std::min(best, watch.spent().seconds);
  }
  print_result("limit_log", count, {.seconds = best},
               ", \"something\": " + std::to_string(something[0]));
}

}  // namespace

int main(int argc, char** argv) {
  return run_benchmark("limit_log", [&] {
    measure(Flags(argc, argv, {{"values", "10000000"}, {"threads", "1"}}));
  });
}
