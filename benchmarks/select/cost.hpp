#pragma once

#include <sys/resource.h>

#include "../stopwatch.hpp"

/// What a piece of work took.
struct Cost {
  double seconds;
  double cpu_seconds;
  long peak_kib;   // of the process
  long added_kib;  // by how much the peak rose
};

template <class F>
Cost cost_of(const F& work) {
  const auto peak = [] {
    rusage now{};
    getrusage(RUSAGE_SELF, &now);
    return now.ru_maxrss;
  };
  const long before = peak();
  const Stopwatch watch;
  work();
  const Spent spent = watch.spent();
  const long after = peak();
  return {.seconds = spent.seconds,
          .cpu_seconds = spent.cpu_seconds,
          .peak_kib = after,
          .added_kib = after - before};
}
