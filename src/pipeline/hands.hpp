#pragma once

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "core/stopwatch.hpp"
#include "pipeline/recording.hpp"

namespace quarry::detail {

/// What one thread of an arena does. It decodes and scores in turns.
struct Hand {
  WorkerRecord decode;
  WorkerRecord score;
};

/// What the threads of the flow graph's arena do.
class Hands {
 public:
  using Clock = Stopwatch::Clock;

  Hands(const Recording& recording, std::size_t workers);

  /// That of this thread, which works in the arena and has it to itself while
  /// it does.
  Hand& mine() noexcept;

  /// Decode and score of a stream that went from `begin` to `end`. Their
  /// workers are the same: what was left beside both counts for each as waiting
  /// for input.
  std::pair<StageRecord, StageRecord> records(Clock::time_point begin,
                                              Clock::time_point end) const;

 private:
  StageRecord record_of(std::string_view stage, WorkerRecord Hand::*part) const;

  Clock::time_point origin_;
  std::size_t workers_;
  std::vector<Hand> hands_;  // by the number of the thread in the arena
};

}  // namespace quarry::detail
