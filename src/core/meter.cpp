#include "core/meter.hpp"

#include <chrono>
#include <utility>

namespace quarry::detail {

namespace {

constexpr auto interval = std::chrono::milliseconds(100);
thread_local bool every_time = false;

}  // namespace

Meter::EveryTime::EveryTime() : before_(std::exchange(every_time, true)) {}

Meter::EveryTime::~EveryTime() {
  every_time = before_;
}

Meter::Meter(const ProgressHook& hook, std::string_view stage,
             std::size_t total, First first)
    : hook_(hook),
      stage_(stage),
      total_(total),
      interval_(every_time ? Stopwatch::Clock::duration() : interval),
      next_(first == First::at_once ? watch_.start()
                                    : watch_.start() + interval_) {}

Flow Meter::update(std::size_t done, std::size_t failed) {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (lock && Stopwatch::Clock::now() >= next_) tell(done, failed);
  return stop_ ? Flow::stop : Flow::go_on;
}

Flow Meter::finish(std::size_t done, std::size_t failed) {
  const std::lock_guard lock(mutex_);
  if (told_ != done) tell(done, failed);
  return stop_ ? Flow::stop : Flow::go_on;
}

void Meter::tell(std::size_t done, std::size_t failed) {
  told_ = done;
  if (hook_) {
    const Progress progress{.stage = stage_,
                            .done = done,
                            .total = total_,
                            .failed = failed,
                            .seconds = watch_.seconds()};
    if (hook_(progress) == Flow::stop) stop_ = true;
  }
  // From its end, however late it came: the rate is a promise.
  next_ = Stopwatch::Clock::now() + interval_;
}

}  // namespace quarry::detail
