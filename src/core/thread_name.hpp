#pragma once

#include <pthread.h>

namespace quarry::detail {

/// Says what the calling thread does to whoever looks at the process from
/// outside (`top -H`, perf, a debugger). At most 15 characters.
inline void name_this_thread(const char* name) noexcept {
  ::pthread_setname_np(::pthread_self(), name);
}

}  // namespace quarry::detail
