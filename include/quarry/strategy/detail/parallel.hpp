#pragma once

#include <cstddef>
#include <functional>

namespace quarry::detail {

/// Calls `body(first, last)` for `[0, count)` cut into runs of `block` (the
/// last may be shorter), from up to `threads` threads; the cuts do not depend
/// on `threads`. What a body throws comes out, once all that run have ended.
void parallel_blocks(std::size_t count, std::size_t block, std::size_t threads,
                     const std::function<void(std::size_t, std::size_t)>& body);

/// `threads` where so many operations, a nanosecond or less each, are worth
/// waking others for; else 1. On a busy machine whoever waits for a thread that
/// was woken may wait for milliseconds.
constexpr std::size_t threads_worth(std::size_t threads,
                                    std::size_t operations) noexcept {
  return operations < 1'000'000 ? 1 : threads;
}

}  // namespace quarry::detail
