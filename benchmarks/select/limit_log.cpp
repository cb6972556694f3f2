// The limit: how many float32 values threads read a second and take a vector
// logarithm of, glibc's, on the kind of processor that this was compiled on. No
// line of Quarry.
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

void take_logs(const float* values, std::size_t count) {
  std::array<float, part> logs{};
  for (std::size_t first = 0; first < count; first += part) {
    const std::size_t some = std::min(part, count - first);
    for (std::size_t i = 0; i < some; ++i)
      logs[i] = std::log(values[first + i]);
    // As if they were read, so that none is left out.
    asm volatile("" : : "r"(logs.data()) : "memory");
  }
}

void measure(const Flags& flags) {
  const std::size_t count = flags.count("values");
  const std::size_t threads = flags.count("threads");
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i)
    values[i] = static_cast<float>(i * 2654435761U % 1000003U + 1) / 1000004.0F;
  Spent best{.seconds = 1e9};
  for (std::size_t round = 0; round < rounds; ++round) {
    const Stopwatch watch;
    std::vector<std::thread> workers;
    for (std::size_t t = 0; t < threads; ++t) {
      const std::size_t first = count * t / threads;
      const std::size_t last = count * (t + 1) / threads;
      workers.emplace_back(
          [&, first, last] { take_logs(values.data() + first, last - first); });
    }
    for (std::thread& worker : workers) worker.join();
    const Spent spent = watch.spent();
    if (spent.seconds < best.seconds) best = spent;
  }
  print_result("limit_log", count, best);
}

}  // namespace

int main(int argc, char** argv) {
  return run_benchmark("limit_log", [&] {
    measure(Flags(argc, argv, {{"values", "10000000"}, {"threads", "1"}}));
  });
}
