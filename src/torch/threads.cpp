#include "torch/threads.hpp"

#include <atomic>
#include <string>

#include <ATen/Parallel.h>

#include "quarry/core/error.hpp"
#include "quarry/model/torch_runtime.hpp"

namespace quarry {
namespace {

/// What all threads are to use inside one operator; 0: what libtorch has them
/// use.
std::atomic<int> wanted = 0;

}  // namespace

namespace detail {

void take_threads() {
  const int count = wanted.load(std::memory_order_relaxed);
  // Setting it drops what libtorch has prepared.
  if (count != 0 && at::get_num_threads() != count) at::set_num_threads(count);
}

}  // namespace detail

void use_threads(std::size_t count) {
  if (count == 0 || count > 4096) {
    raise("model.option", "use_threads: count is " + std::to_string(count) +
                              ", but must be from 1 to 4096");
  }
  const int given = static_cast<int>(count);
  // For threads that are new to libtorch, too.
  if (wanted.exchange(given) != given) at::set_num_threads(given);
  detail::take_threads();
}

}  // namespace quarry
