#include "pipeline/model_watch.hpp"

#include <string>

#include "core/numbers.hpp"
#include "pipeline/threads.hpp"

namespace quarry::detail {
namespace {

Failure model_timeout(double seconds, std::size_t batches) {
  return {"pipeline.model_timeout",
          "the model has " + std::to_string(batches) +
              (batches == 1 ? " batch" : " batches") +
              ", and has given none back for " + fixed(seconds, 1) + " s",
          "does it compute on this device? Raise model_timeout, or take "
          "smaller batches, if it only needs longer",
          Blame::run};
}

}  // namespace

ModelWatch::ModelWatch(const PipelineOptions& options) : options_(options) {
  if (options.model_timeout == 0.0 || !options.on_model_timeout) return;
  start_threads(
      thread_, 1, "model_timeout",
      [this](const std::stop_token& stop, std::size_t) { watch(stop); });
}

void ModelWatch::went(std::size_t batches) noexcept {
  if (thread_.empty()) return;
  const std::lock_guard lock(mutex_);
  if (out_ == 0) {
    since_ = Clock::now();
    changed_.notify_one();
  }
  out_ += batches;
}

void ModelWatch::came() noexcept {
  if (thread_.empty()) return;
  const std::lock_guard lock(mutex_);
  --out_;
  since_ = Clock::now();
}

void ModelWatch::watch(const std::stop_token& stop) {
  const auto patience = std::chrono::duration_cast<Clock::duration>(
      std::chrono::duration<double>(options_.model_timeout));
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [this] { return out_ > 0; })) {
    const Clock::time_point seen = since_;
    const auto moved = [&] {
      return out_ == 0 || since_ != seen;
    };
    if (changed_.wait_until(lock, stop, seen + patience, moved)) continue;
    if (stop.stop_requested()) return;
    const Failure failure = model_timeout(options_.model_timeout, out_);
    lock.unlock();
    return options_.on_model_timeout(failure);
  }
}

}  // namespace quarry::detail
