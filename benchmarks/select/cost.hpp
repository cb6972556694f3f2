#pragma once

#include <chrono>

#include <sys/resource.h>

/// What a piece of work took.
struct Cost {
  double seconds;
  double cpu_seconds;
  long peak_kib;   // of the process
  long added_kib;  // by how much the peak rose
};

template <class F>
Cost cost_of(const F& work) {
  const auto usage = [] {
    rusage now{};
    getrusage(RUSAGE_SELF, &now);
    return now;
  };
  const auto cpu = [](const rusage& all) {
    const auto of = [](const timeval& t) {
      return static_cast<double>(t.tv_sec) +
             1e-6 * static_cast<double>(t.tv_usec);
    };
    return of(all.ru_utime) + of(all.ru_stime);
  };
  const rusage before = usage();
  const auto begin = std::chrono::steady_clock::now();
  work();
  const std::chrono::duration<double> seconds =
      std::chrono::steady_clock::now() - begin;
  const rusage after = usage();
  return {.seconds = seconds.count(),
          .cpu_seconds = cpu(after) - cpu(before),
          .peak_kib = after.ru_maxrss,
          .added_kib = after.ru_maxrss - before.ru_maxrss};
}
