#pragma once

#include <cstddef>
#include <mutex>
#include <string_view>

#include "core/stopwatch.hpp"
#include "pipeline/recording.hpp"

namespace quarry::detail {

/// What a device does that is handed batches and answers when it likes. It
/// counts as one worker: busy while it has a batch, starved while it has none.
/// All members may be called from any thread; they lock, once a batch.
class DeviceRecord {
 public:
  using Clock = Stopwatch::Clock;

  /// A batch that the device has.
  struct Batch {
    std::size_t samples = 0;
    Clock::time_point begin = {};
    std::size_t number = 0;  ///< its row of the trace
  };

  DeviceRecord(const Recording& recording, std::string_view stage);

  Batch entered(std::size_t samples) noexcept;
  void left(const Batch& batch) noexcept;
  StageRecord record() const;

 private:
  void book() noexcept;

  mutable std::mutex mutex_;
  Trace* trace_;
  StageRecord record_;
  Clock::time_point booked_ = Clock::now();  // up to then
  std::size_t batches_ = 0;                  // that the device has
  std::size_t samples_ = 0;                  // in them
};

}  // namespace quarry::detail
