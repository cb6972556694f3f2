#pragma once

#include <chrono>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <sys/resource.h>

/// What a part of a benchmark took, in seconds.
struct Spent {
  double seconds = 0.0;             ///< on the clock
  double cpu_seconds = 0.0;         ///< of all threads of this process
  double server_cpu_seconds = 0.0;  ///< of the servers meanwhile
};

/// Measures from when it is made.
class Stopwatch {
 public:
  /// `servers`: the ids of the processes that serve, "17,18"; each with one
  /// thread.
  explicit Stopwatch(const std::string& servers = "") {
    std::istringstream in(servers);
    for (std::string id; std::getline(in, id, ',');) {
      servers_.push_back("/proc/" + id + "/schedstat");
    }
    served_ = server_cpu();
    cpu_ = own_cpu();
    begin_ = Clock::now();
  }

  Spent spent() const {
    const std::chrono::duration<double> seconds = Clock::now() - begin_;
    return {.seconds = seconds.count(),
            .cpu_seconds = own_cpu() - cpu_,
            .server_cpu_seconds = server_cpu() - served_};
  }

 private:
  using Clock = std::chrono::steady_clock;

  static double own_cpu() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto of = [](const timeval& t) {
      return static_cast<double>(t.tv_sec) +
             1e-6 * static_cast<double>(t.tv_usec);
    };
    return of(usage.ru_utime) + of(usage.ru_stime);
  }

  double server_cpu() const {
    double sum = 0.0;
    for (const std::string& file : servers_) {
      std::int64_t nanoseconds = 0;
      if (!(std::ifstream(file) >> nanoseconds)) {
        throw std::runtime_error("cannot read " + file);
      }
      sum += 1e-9 * static_cast<double>(nanoseconds);
    }
    return sum;
  }

  std::vector<std::string> servers_;
  double served_ = 0.0;
  double cpu_ = 0.0;
  Clock::time_point begin_;
};

/// Prints what run.py reads, a line of JSON; `more` is further members of it,
/// `, "failed": 0`.
inline void print_result(const std::string& contender, std::size_t samples,
                         const Spent& spent, const std::string& more = "") {
  std::cout << "{\"contender\": \"" << contender
            << "\", \"samples\": " << samples
            << ", \"seconds\": " << spent.seconds
            << ", \"cpu_seconds\": " << spent.cpu_seconds
            << ", \"server_cpu_seconds\": " << spent.server_cpu_seconds
            << ", \"samples_per_second\": "
            << static_cast<double>(samples) / spent.seconds << more << "}\n";
}
