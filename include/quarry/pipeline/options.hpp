#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>

#include "quarry/core/error.hpp"
#include "quarry/core/error_policy.hpp"
#include "quarry/core/labelled_set.hpp"
#include "quarry/core/progress.hpp"
#include "quarry/pipeline/prediction_cache_options.hpp"
#include "quarry/strategy/pick.hpp"
#include "quarry/strategy/select_device.hpp"

namespace quarry {

/// How many threads 0 stands for: all cores this process may use.
std::size_t default_threads();

/// How a pipeline runs. The defaults give the same picks on every machine.
struct PipelineOptions {
  /// Samples in a batch, 1 … 2²⁰; every batch has this shape, the tail is
  /// padded.
  std::size_t batch = 128;
  /// Stochastic passes, 1 … 4,096, for a strategy that needs some and does not
  /// say how many. Their masks come from `seed`.
  std::size_t passes = 10;
  static constexpr std::size_t most_passes = 4096;
  /// Threads that decode, at most 1,024; 0: `default_threads()`.
  std::size_t threads = 0;
  /// Batches inferred at once, on a thread and a replica each, at most 1,024;
  /// 0: as the model has it, `threads` for most, 2 on a GPU. Fewer are for
  /// models that use several threads themselves: see `choose_executors`.
  std::size_t executors = 0;
  /// Seed of all randomness and of the order among equal scores.
  std::uint64_t seed = 0;
  Ties ties = Ties::hash;
  /// Samples that are no candidates. Ids the source lacks are counted in
  /// `RunSummary::notes`.
  LabelledSet labelled = {};
  ErrorPolicy errors = {};
  /// Slabs that circulate, a batch each (batches of less than 64 small samples
  /// share one), at most 65,536; 0: threads + executors + 2.
  std::size_t slabs = 0;
  /// Samples read at once, at most 4,096: threads, for a source that blocks (0:
  /// `threads`, but at least 4); open requests, for an `AsyncSource` (0: 256).
  /// They go in the pool's order, whatever hosts it names: one that is slow
  /// holds more and more of them, and the run goes at its pace.
  std::size_t reads = 0;
  /// Undecoded bytes held at any time, at least 1. What is being read when the
  /// limit is reached may exceed it.
  std::size_t undecoded_bytes = std::size_t{256} << 20;
  /// Bytes a set strategy may allocate besides its inputs.
  std::size_t memory_limit = std::size_t{8} << 30;
  /// Bytes of a set strategy's inputs, the rows of all samples, that are held
  /// in memory. More of them go to files in `scratch`, mapped, which have no
  /// names and are gone with the run, however it ends; picks are the same. Too
  /// little room for them is the error `pipeline.scratch` before the run.
  std::size_t input_memory = std::size_t{1} << 30;
  /// The folder for that, made where it is missing; on a disk, for in memory it
  /// would be of no use. Empty: `TMPDIR`, or /var/tmp without it.
  std::filesystem::path scratch = {};
  /// Computes products of rows for set strategies that can use it; picks do not
  /// depend on it. Null: the processor does. What it does not do is one of
  /// `RunSummary::notes`.
  std::shared_ptr<SelectDevice> select_device = nullptr;
  /// Predictions that are kept between runs; none by default.
  PredictionCacheOptions cache = {};
  std::stop_token stop = {};
  /// Seconds for which the model may have batches and give none back; at most
  /// 10⁶, 0: any time. Then `on_model_timeout` is told of it, the failure
  /// `pipeline.model_timeout`, once a run, by a thread of its own. No code can
  /// be made to return, so the run still waits, and goes on if the model does:
  /// what else there is to do, to end the process for one, is up to the hook,
  /// which must not throw.
  double model_timeout = 0.0;
  std::function<void(const Failure&)> on_model_timeout = {};
  ProgressHook progress = NullProgress{};
  /// Where to write a trace of each run, which replaces that of the one before:
  /// Chrome's trace event format, what every worker of every stage did when,
  /// for ui.perfetto.dev and the like. About 110 bytes for each 64 samples and
  /// stage. Empty: none. A run raises `file.write` when it cannot begin the
  /// file; what stops it later is one of `RunSummary::notes`.
  std::filesystem::path trace = {};

  /// Raises `pipeline.option` naming field, value and constraint.
  void validate() const;
};

}  // namespace quarry
