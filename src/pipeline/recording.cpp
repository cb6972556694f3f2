#include "pipeline/recording.hpp"

#include <algorithm>

namespace quarry::detail {

namespace {

using Clock = Stopwatch::Clock;

constexpr auto between_looks = std::chrono::milliseconds(1);

double seconds(Clock::duration time) {
  return std::chrono::duration<double>(time).count();
}

/// The width of slots in which the run fits: no timeline has wider ones, since
/// none reaches beyond the run.
Clock::duration width_for(Clock::duration run) {
  Timeline whole{Clock::time_point()};
  whole.add(Spent::busy, Clock::time_point(), Clock::time_point(run));
  return whole.width();
}

StageTime time_of(const StageRecord& record, Clock::duration width,
                  Clock::duration run) {
  Timeline timeline = record.timeline;
  timeline.widen(width);
  StageTime time{.stage = record.stage,
                 .busy = timeline.seconds(Spent::busy),
                 .starved = timeline.seconds(Spent::starved),
                 .blocked = timeline.seconds(Spent::blocked),
                 .workers = record.workers,
                 .items = record.items,
                 .cpu = seconds(record.cpu)};
  const auto whole =
      static_cast<std::size_t>((run + width - Clock::duration(1)) / width);
  time.timeline.resize(whole);
  const std::span<const Timeline::Slot> slots = timeline.slots();
  for (std::size_t i = 0; i < std::min(whole, slots.size()); ++i) {
    // The last slot ends with the run.
    const auto length = std::chrono::duration<double, std::nano>(
        std::min(width, run - width * static_cast<Clock::rep>(i)));
    const auto mean = [&](Spent on) {
      return static_cast<float>(slots[i][static_cast<std::size_t>(on)] /
                                length.count());
    };
    time.timeline[i] = {.busy = mean(Spent::busy),
                        .starved = mean(Spent::starved),
                        .blocked = mean(Spent::blocked),
                        .queued = mean(Spent::queued)};
  }
  return time;
}

}  // namespace

Work WorkerRecord::begin() const noexcept {
  Work work;
  if (work.start >= next_look_) work.cpu = thread_cpu();
  return work;
}

void WorkerRecord::worked(const Work& work, std::size_t samples) noexcept {
  const Clock::time_point end = Clock::now();
  record_.timeline.add(Spent::busy, work.start, end);
  record_.items += samples;
  if (work.cpu) {
    cpu_ += thread_cpu() - *work.cpu;
    busy_ += end - work.start;
    next_look_ = end + between_looks;
  }
  if (trace_ != nullptr && samples != 0) {
    trace_->event(record_.stage, number_, work.start, end, samples);
  }
}

void WorkerRecord::add_to(StageRecord& stage) const noexcept {
  stage.timeline.merge(record_.timeline);
  stage.items += record_.items;
  if (busy_.count() == 0) return;
  const double part =
      static_cast<double>(cpu_.count()) / static_cast<double>(busy_.count());
  const std::chrono::duration<double> cpu(
      part * record_.timeline.seconds(Spent::busy));
  stage.cpu += std::chrono::duration_cast<std::chrono::nanoseconds>(cpu);
}

void sum_up(std::span<const StageRecord> records, Clock::duration run,
            RunSummary& summary) {
  const Clock::duration width = width_for(run);
  summary.slot_seconds = seconds(width);
  summary.stages.clear();
  for (const StageRecord& record : records) {
    summary.stages.push_back(time_of(record, width, run));
  }
}

}  // namespace quarry::detail
