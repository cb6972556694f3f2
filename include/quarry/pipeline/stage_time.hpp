#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace quarry {

/// What a stage did in one slot of the run's time: means over the slot.
struct StageSlot {
  float busy = 0.0F;     ///< workers at work
  float starved = 0.0F;  ///< workers that waited for input
  float blocked = 0.0F;  ///< workers that waited for a slab or for room
  float queued = 0.0F;   ///< samples that waited for the stage
};

/// Where one stage's time went.
///
/// The workers of fetch are its threads, or the requests an `AsyncSource` may
/// have open; decode and score share theirs; those of infer are its threads, or
/// one for an `AsyncModel`, busy while it has a batch. The last wait of a
/// worker, for input that does not come any more, counts as nothing.
///
/// Where more threads work than there are cores, `busy` includes waiting for a
/// core; `cpu` does not.
struct StageTime {
  std::string_view stage;   ///< fetch, decode, infer, score, select
  double busy = 0.0;        ///< seconds of work, summed over its workers
  double starved = 0.0;     ///< seconds its workers waited for input
  double blocked = 0.0;     ///< seconds they waited for a slab or for room
  std::size_t workers = 0;  ///< how many may work at once
  std::size_t items = 0;    ///< samples (picks, for select)
  /// Seconds of CPU of the workers' threads while busy, from a look once a
  /// millisecond: not of threads that a source or a model has of its own. Of
  /// select: of the whole process.
  double cpu = 0.0;
  /// The run in slots of `RunSummary::slot_seconds`, from its start to its end,
  /// the same number for all stages, at most 256. Busy, starved and blocked
  /// times add up to those above.
  std::vector<StageSlot> timeline = {};

  /// `busy / (seconds · workers)`, where `seconds` is the time of the run.
  double occupancy(double seconds) const noexcept;
};

}  // namespace quarry
