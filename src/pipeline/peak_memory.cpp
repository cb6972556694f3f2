#include "pipeline/peak_memory.hpp"

#include <cstdio>
#include <memory>

#include <sys/resource.h>

namespace quarry::detail {

std::size_t peak_memory() noexcept {
  // Not from getrusage alone: a program's count begins with what the program
  // that started it had.
  const auto close = [](std::FILE* file) {
    std::fclose(file);
  };
  const std::unique_ptr<std::FILE, decltype(close)> status(
      std::fopen("/proc/self/status", "re"), close);
  char line[256];
  std::size_t kilobytes = 0;
  while (status && std::fgets(line, sizeof line, status.get()) != nullptr) {
    if (std::sscanf(line, "VmHWM: %zu kB", &kilobytes) == 1) {
      return kilobytes * 1024;
    }
  }
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
  return static_cast<std::size_t>(usage.ru_maxrss) * 1024;
}

}  // namespace quarry::detail
