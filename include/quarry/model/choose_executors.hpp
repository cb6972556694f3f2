#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "quarry/model/any_model.hpp"

namespace quarry {

/// How cores are shared among batches.
struct ExecutorPlan {
  std::size_t executors = 1;  ///< batches at once, a replica each
  std::size_t threads = 1;    ///< inside an operator of each
  friend bool operator==(const ExecutorPlan&, const ExecutorPlan&) = default;
};

struct ChooseExecutorsOptions {
  std::size_t cores = 1;    ///< to share, 1 … 1,024
  std::size_t batch = 128;  ///< rows; ≥ 1
  /// By how much fewer executors must be faster to be taken, in [0, 1).
  double gain = 0.03;
  double seconds = 0.5;  ///< that each plan runs at least; ≥ 0
  /// Sets how many threads the model uses inside an operator from the next
  /// batch on, where none is under way: `quarry::use_threads`. Empty: it cannot
  /// be set, and is 1.
  std::function<void(std::size_t)> use_threads = {};
  std::size_t threads = 1;  ///< that it uses now, ≥ 1

  /// Raises `model.option` naming field, value and constraint.
  void validate() const;
};

/// How fast a plan is.
struct PlanRate {
  ExecutorPlan plan;
  double rate = 0.0;  ///< rows a second, all executors together
};

struct ExecutorChoice {
  ExecutorPlan plan;
  std::vector<PlanRate> tried = {};  ///< from many executors to one

  /// "executors auto took 4 x 2 threads: 8 x 1 at 900 samples/s, 4 x 2 at …".
  std::string brief_report() const;
};

/// Whether many executors with one thread each are fastest, or fewer with more
/// threads inside an operator: small networks like the former, few large
/// images, or a memory that is too small for many replicas' activations, the
/// latter. Tried are cores, cores / 2, … 1 executors, which share the cores
/// evenly; the fastest is taken, and of those within `gain` of it the one with
/// the most executors. `use_threads` was called last with what was taken, or
/// with `threads` when anything was raised.
///
/// Each plan runs on threads of its own, on black images of `input()`, for
/// `seconds` and at least two batches a thread. The choice may be another on
/// another day, and the threads inside an operator decide the last bits of
/// predictions: pipelines run as many executors as threads, one thread each,
/// unless they are told otherwise.
///
/// An `AsyncModel` runs its batches itself: one executor, nothing tried. Raises
/// `model.option` and what `infer` raises.
ExecutorChoice choose_executors(AnyModel model,
                                const ChooseExecutorsOptions& options);

}  // namespace quarry
