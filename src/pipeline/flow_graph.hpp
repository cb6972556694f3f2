#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "quarry/data/any_source.hpp"
#include "quarry/decode/any_decoder.hpp"
#include "quarry/pipeline/options.hpp"

#include "pipeline/cache/prediction_reuse.hpp"
#include "pipeline/collector.hpp"
#include "pipeline/dealer.hpp"
#include "pipeline/executor.hpp"
#include "pipeline/recording.hpp"
#include "pipeline/run_control.hpp"
#include "pipeline/slab.hpp"

namespace quarry::detail {

/// What one run is made of; the graph owns none of it.
struct Stream {
  const AnySource& source;
  const AnyDecoder& decoder;
  const PipelineOptions& options;  ///< resolved: no zeros
  std::span<const std::unique_ptr<Slab>> slabs;
  Executor* executor = nullptr;  ///< null: no inference
  Dealer& dealer;
  Collector& collector;
  RunControl& control;
  PredictionReuse* reuse = nullptr;  ///< null: no prediction is remembered
  Recording recording;
};

/// What a run cost.
struct StreamCost {
  std::vector<StageRecord> stages;  ///< fetch, decode, infer if any, score
  std::uint64_t bytes_read = 0;
};

/// Sends all that the dealer deals through the graph and waits until it has
/// drained, however the run ends. What went wrong is in the control.
StreamCost run_stream(const Stream& stream);

}  // namespace quarry::detail
