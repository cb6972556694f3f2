#pragma once

#include <chrono>

namespace quarry::detail {

/// Time on a core that this thread had so far. Costs about half a
/// microsecond.
std::chrono::nanoseconds thread_cpu() noexcept;
/// The same of all threads of the process.
std::chrono::nanoseconds process_cpu() noexcept;

}  // namespace quarry::detail
