#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "quarry/data/any_source.hpp"
#include "quarry/decode/any_decoder.hpp"
#include "quarry/model/any_model.hpp"
#include "quarry/pipeline/options.hpp"
#include "quarry/pipeline/selection.hpp"
#include "quarry/strategy/any_strategy.hpp"

#include "core/stopwatch.hpp"
#include "pipeline/cache/prediction_reuse.hpp"
#include "pipeline/collector.hpp"
#include "pipeline/dealer.hpp"
#include "pipeline/executor.hpp"
#include "pipeline/recording.hpp"
#include "pipeline/run_control.hpp"
#include "pipeline/slab.hpp"

namespace quarry::detail {

/// What a pipeline is made of, and what it keeps from run to run because making
/// it costs.
struct Workshop {
  AnySource source;
  AnyDecoder decoder;
  AnyModel model;
  AnyStrategy strategy;
  PipelineOptions options;  ///< resolved: no zeros

  std::unique_ptr<Executor> executor = nullptr;
  /// Of an asynchronous model's passes and of attacks on it, which block.
  std::unique_ptr<Executor> blocking_executor = nullptr;
  std::vector<std::shared_ptr<std::byte[]>> slab_memory = {};
};

/// One pass over the pool.
class Round {
 public:
  /// Leaves out the given samples, which ascend. Both outlive this.
  Round(Workshop& shop, const Wanted& wanted,
        std::span<const std::size_t> left_out);

  /// Streams the pool and fills `summary` in. Raises what ends a run, after
  /// that.
  void run(RunSummary& summary);

  /// The stage select, which ends now, gave so many picks.
  void selected(const Work& work, std::size_t picks);

  /// Brings times and memory up to date and ends the trace.
  void finish(RunSummary& summary);

  Collector& collector() noexcept { return collector_; }
  /// Whether somebody asked to stop.
  bool cancelled() const noexcept { return control_.cancelled(); }
  /// Whether every sample went through all the same.
  bool complete() const noexcept { return control_.complete(); }

 private:
  std::shared_ptr<std::byte[]> make_memory() const;
  std::vector<std::unique_ptr<Slab>> make_slabs() const;
  Executor& executor() const;
  void remember(RunSummary& summary);
  void account(RunSummary& summary) const;

  Stopwatch watch_;
  std::chrono::nanoseconds cpu_ = process_cpu();
  Workshop& shop_;
  Wanted wanted_;
  SlabShape shape_;
  Dealer dealer_;
  RunControl control_;
  std::unique_ptr<PredictionReuse> reuse_;
  Collector collector_;
  std::optional<Trace> trace_;
  std::vector<StageRecord> stages_;
};

}  // namespace quarry::detail
