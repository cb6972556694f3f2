#include "pipeline/model_watch.hpp"

#include <algorithm>
#include <chrono>
#include <string>

#include "core/numbers.hpp"
#include "core/thread_name.hpp"
#include "pipeline/threads.hpp"

namespace quarry::detail {
namespace {

Failure model_timeout(double seconds, std::size_t batches) {
  return {"pipeline.model_timeout",
          "the model has " + std::to_string(batches) +
              (batches == 1 ? " batch" : " batches") +
              ", and has given none back for " +
              fixed(seconds, seconds < 10.0 ? 2 : 0) + " s",
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
  if (out_ == 0) changed_.notify_one();
  out_ += batches;
}

void ModelWatch::came() noexcept {
  if (thread_.empty()) return;
  const std::lock_guard lock(mutex_);
  --out_;
  ++came_;
}

void ModelWatch::watch(const std::stop_token& stop) {
  name_this_thread("quarry-watch");
  using Seconds = std::chrono::duration<double>;
  const Seconds patience(options_.model_timeout);
  // What passed between two looks counts as no more than this.
  const auto step = std::clamp(patience / 8, Seconds(0.001), Seconds(1.0));
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [this] { return out_ > 0; })) {
    const std::size_t seen = came_;
    Seconds waited(0.0);
    while (came_ == seen && waited < patience) {
      changed_.wait_for(lock, stop, step, [] { return false; });
      if (stop.stop_requested()) return;
      waited += step;
    }
    if (came_ != seen) continue;
    const Failure failure = model_timeout(options_.model_timeout, out_);
    lock.unlock();
    return options_.on_model_timeout(failure);
  }
}

}  // namespace quarry::detail
