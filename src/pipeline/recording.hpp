#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "quarry/pipeline/selection.hpp"

#include "core/stopwatch.hpp"
#include "pipeline/cpu_time.hpp"
#include "pipeline/timeline.hpp"
#include "pipeline/trace.hpp"

namespace quarry::detail {

/// With what the stages of a run record what they do.
struct Recording {
  Stopwatch::Clock::time_point origin = Stopwatch::Clock::now();
  Trace* trace = nullptr;  ///< null: none is asked for
};

/// What a stage did.
struct StageRecord {
  std::string_view stage;
  Timeline timeline;
  std::size_t workers = 0;
  std::size_t items = 0;
  std::chrono::nanoseconds cpu{0};
};

/// Work that begins now.
struct Work {
  Stopwatch::Clock::time_point start = Stopwatch::Clock::now();
  /// Time on a core up to then, where it is looked at.
  std::optional<std::chrono::nanoseconds> cpu = std::nullopt;
};

/// What one worker of a stage does, written down by itself without a lock. Read
/// it when the run is over.
///
/// Looking at the time that a thread had on a core costs more than all else
/// here: that is done once a millisecond, and the rest taken to be like it.
class WorkerRecord {
 public:
  using Clock = Stopwatch::Clock;

  WorkerRecord(const Recording& recording, std::string_view stage,
               std::size_t number)
      : trace_(recording.trace),
        number_(number),
        record_{.stage = stage, .timeline = Timeline(recording.origin)} {}

  /// It waited, for input or for room.
  void waited(Spent on, Clock::time_point begin,
              Clock::time_point end) noexcept {
    record_.timeline.add(on, begin, end);
  }
  /// What it takes up now, so many samples, had been waiting for it.
  void queued(Clock::time_point begin, Clock::time_point end,
              std::size_t samples) noexcept {
    record_.timeline.add(Spent::queued, begin, end,
                         static_cast<double>(samples));
  }
  /// It begins with work, which this thread will do.
  Work begin() const noexcept;
  /// It is done with work on so many samples.
  void worked(const Work& work, std::size_t samples) noexcept;

  /// Adds it all to the record of its stage.
  void add_to(StageRecord& stage) const noexcept;

 private:
  Trace* trace_;
  std::size_t number_;
  StageRecord record_;                // without `cpu`
  std::chrono::nanoseconds cpu_{0};   // of work that was looked at
  std::chrono::nanoseconds busy_{0};  // of the same
  Clock::time_point next_look_ = Clock::time_point::min();
};

/// Cuts the timelines of all stages alike and fills in
/// `RunSummary::stages` and `slot_seconds`. The run took so long, since the
/// origin of the timelines.
void sum_up(std::span<const StageRecord> records,
            Stopwatch::Clock::duration run, RunSummary& summary);

}  // namespace quarry::detail
