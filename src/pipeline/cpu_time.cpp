#include "pipeline/cpu_time.hpp"

#include <ctime>

namespace quarry::detail {

namespace {

std::chrono::nanoseconds read(clockid_t clock) noexcept {
  timespec now{};
  if (clock_gettime(clock, &now) != 0) return {};
  return std::chrono::seconds(now.tv_sec) +
         std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace

std::chrono::nanoseconds thread_cpu() noexcept {
  return read(CLOCK_THREAD_CPUTIME_ID);
}

std::chrono::nanoseconds process_cpu() noexcept {
  return read(CLOCK_PROCESS_CPUTIME_ID);
}

}  // namespace quarry::detail
