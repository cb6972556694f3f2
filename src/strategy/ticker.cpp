#include "quarry/strategy/detail/ticker.hpp"

namespace quarry::detail {

Ticker::Ticker(const SelectContext& context, std::size_t total)
    : context_(context),
      total_(total),
      start_(Clock::now()),
      next_(start_.time_since_epoch().count()) {}

bool Ticker::stop(std::size_t done) {
  if (stopped_.load(std::memory_order_relaxed)) return true;
  if (context_.stop.stop_requested()) {
    stopped_ = true;
    return true;
  }
  const Clock::time_point now = Clock::now();
  if (now.time_since_epoch().count() < next_.load(std::memory_order_relaxed)) {
    return false;
  }
  // Whoever finds the hook busy has nothing newer to say.
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (lock && now.time_since_epoch().count() >= next_) tell(done, now);
  return stopped_;
}

void Ticker::finish(std::size_t done) {
  const std::lock_guard lock(mutex_);
  tell(done, Clock::now());
}

void Ticker::tell(std::size_t done, Clock::time_point now) {
  next_ = (now + std::chrono::milliseconds(100)).time_since_epoch().count();
  if (!context_.progress) return;
  const std::chrono::duration<double> seconds = now - start_;
  const Progress progress{.stage = "select",
                          .done = done,
                          .total = total_,
                          .seconds = seconds.count()};
  if (context_.progress(progress) == Flow::stop) stopped_ = true;
}

}  // namespace quarry::detail
