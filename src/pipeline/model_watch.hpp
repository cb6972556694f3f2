#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "quarry/pipeline/options.hpp"

namespace quarry::detail {

/// Tells when the model has batches and gives none back for too long, once.
/// Time for which the process is stopped does not count. Has a thread only
/// where somebody wants to know.
class ModelWatch {
 public:
  /// Raises `pipeline.threads`. The options outlive it.
  explicit ModelWatch(const PipelineOptions& options);

  /// So many batches go to the model, ≥ 1.
  void went(std::size_t batches) noexcept;
  /// One has come back, be it with a failure.
  void came() noexcept;

 private:
  void watch(const std::stop_token& stop);

  const PipelineOptions& options_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::size_t out_ = 0;
  std::size_t came_ = 0;
  std::vector<std::jthread> thread_;  // last: it uses all of the above
};

}  // namespace quarry::detail
