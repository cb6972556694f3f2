#include "quarry/strategy/detail/parallel.hpp"

#include <algorithm>

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

namespace quarry::detail {

void parallel_blocks(
    std::size_t count, std::size_t block, std::size_t threads,
    const std::function<void(std::size_t, std::size_t)>& body) {
  const std::size_t blocks = (count + block - 1) / block;
  const auto run = [&](std::size_t b) {
    body(b * block, std::min(count, (b + 1) * block));
  };
  if (threads <= 1 || blocks <= 1) {
    for (std::size_t b = 0; b < blocks; ++b) run(b);
    return;
  }
  // Asked for more than it allows, TBB complains on stderr.
  using oneapi::tbb::global_control;
  const std::size_t allowed =
      global_control::active_value(global_control::max_allowed_parallelism);
  oneapi::tbb::task_arena arena(
      static_cast<int>(std::min({threads, blocks, allowed})));
  arena.execute(
      [&] { oneapi::tbb::parallel_for(std::size_t{0}, blocks, run); });
}

}  // namespace quarry::detail
