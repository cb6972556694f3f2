#include "pipeline/device_record.hpp"

namespace quarry::detail {

DeviceRecord::DeviceRecord(const Recording& recording, std::string_view stage)
    : trace_(recording.trace),
      record_{.stage = stage,
              .timeline = Timeline(recording.origin),
              .workers = 1} {}

/// Writes down the time up to now, before anything changes. Of n batches that
/// the device has it is taken to be at one, and n − 1 wait.
void DeviceRecord::book() noexcept {
  const auto now = Clock::now();
  const Spent on = batches_ == 0 ? Spent::starved : Spent::busy;
  record_.timeline.add(on, booked_, now);
  if (batches_ > 1) {
    const double waiting = 1.0 - 1.0 / static_cast<double>(batches_);
    record_.timeline.add(Spent::queued, booked_, now,
                         waiting * static_cast<double>(samples_));
  }
  booked_ = now;
}

DeviceRecord::Batch DeviceRecord::entered(std::size_t samples) noexcept {
  const std::lock_guard lock(mutex_);
  book();
  ++batches_;
  samples_ += samples;
  Batch batch{.samples = samples, .begin = booked_};
  if (trace_ != nullptr) batch.number = trace_->take_number(record_.stage);
  return batch;
}

void DeviceRecord::left(const Batch& batch) noexcept {
  const std::lock_guard lock(mutex_);
  book();
  --batches_;
  samples_ -= batch.samples;
  record_.items += batch.samples;
  if (trace_ != nullptr) {
    trace_->give_back(record_.stage, batch.number, batch.begin, batch.samples);
  }
}

StageRecord DeviceRecord::record() const {
  const std::lock_guard lock(mutex_);
  return record_;
}

}  // namespace quarry::detail
