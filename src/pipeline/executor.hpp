#pragma once

#include <cstddef>
#include <memory>

#include "quarry/model/any_model.hpp"

#include "pipeline/recording.hpp"
#include "pipeline/slab.hpp"

namespace quarry::detail {

/// Where batches are inferred: the interface of an `AsyncModel`, whatever the
/// model is. It lives as long as the pipeline, across its runs.
class Executor {
 public:
  virtual ~Executor() = default;

  /// A run of so many batches begins; the trace outlives it. Raises what the
  /// model raises.
  virtual void begin(std::size_t batches, const Recording& recording) = 0;
  /// Returns at once; fills the sink's rows, then calls `done` exactly once,
  /// from any thread. One call at a time. So many rows are samples, the others
  /// padding.
  virtual void submit(const SlabView& view, std::size_t samples,
                      BatchSink& sink, InferDone done) noexcept = 0;
  /// What was done from `begin` on, once all batches are through.
  virtual StageRecord record() const = 0;
};

/// For a model that infers on the calling thread: up to `count` threads, one
/// replica each. They stay, because every new thread that runs a network costs
/// memory that some libraries never give back.
///
/// For an `AsyncModel`: the model itself; threads, too, where `passes` are
/// wanted, which block.
std::unique_ptr<Executor> make_executor(AnyModel model, std::size_t count,
                                        bool passes);

}  // namespace quarry::detail
