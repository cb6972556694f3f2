#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <tbb/enumerable_thread_specific.h>

#include "quarry/core/matrix.hpp"
#include "quarry/data/any_source.hpp"
#include "quarry/pipeline/selection.hpp"
#include "quarry/strategy/any_strategy.hpp"
#include "quarry/strategy/top_k.hpp"

#include "pipeline/cache/prediction_reuse.hpp"
#include "pipeline/run_control.hpp"
#include "pipeline/slab.hpp"

namespace quarry::detail {

/// What is wanted of a run.
struct Wanted {
  bool inference = true;
  bool embeddings = false;
  /// How many stochastic passes.
  std::size_t passes = 0;
  /// Predictions without dropout.
  bool plain = true;
  /// Keep the rows of all samples.
  bool keep_probabilities = false;
  bool keep_embeddings = false;
  bool keep_passes = false;
  /// A sample whose embedding alone is not finite is no bad one: that row stays
  /// NaN.
  bool embeddings_may_fail = false;
  /// Score with this pointwise strategy and keep the best `budget`.
  const AnyStrategy* score = nullptr;
  std::size_t budget = 0;
  /// Of the samples that take part those that are no candidates, ascending.
  std::span<const std::size_t> labelled = {};
  /// Probabilities that do not sum to 1 are an error.
  bool sums = false;
};

/// Where predictions land, by index: the same whatever the threads.
class Collector {
 public:
  /// All but `wanted` outlive this. Without reuse nothing is kept.
  Collector(const Wanted& wanted, const PipelineOptions& options,
            const AnySource& source, const SlabShape& shape,
            RunControl& control, PredictionReuse* reuse);

  /// Takes in a slab whose predictions are there. From any thread; what the
  /// strategy raises comes out.
  void take(Slab& slab);

  /// How many predictions arrived.
  std::size_t taken() const noexcept { return taken_; }
  /// How many of them were not computed, but kept or those of a duplicate.
  std::size_t remembered() const noexcept { return remembered_; }
  /// How many were computed from embeddings that are kept.
  std::size_t embedded() const noexcept { return embedded_; }
  /// Whether sample `i` arrived; only where rows are kept.
  bool arrived(std::size_t i) const { return arrived_[i] != 0; }
  /// Samples that arrived without an embedding that is finite, ascending.
  std::vector<std::size_t> without_embedding() const;
  /// Merges what the threads kept: the picks, best first. Once.
  std::vector<RankedPick> best();

  Matrix probabilities;                 ///< `[N, C]` or nothing
  Matrix embeddings;                    ///< `[N, D]` or nothing
  Matrix passes;                        ///< `[K · N, C]` or nothing
  std::vector<std::int32_t> predicted;  ///< `[N]`, −1 where there is none
  std::vector<float> confidence;        ///< `[N]`, of the predicted class
  std::vector<float> scores;            ///< `[N]`, NaN where there is none

 private:
  /// A sample whose prediction is there, in a row of a slab: its own, or that
  /// of its duplicate.
  struct Arrival {
    std::size_t row = 0;
    std::size_t index = 0;
  };
  std::vector<Arrival> arrivals_of(Slab& slab);
  static Matrix rows_of(const Matrix& matrix,
                        std::span<const Arrival> arrivals);
  static Matrix passes_of(const Slab& slab, std::span<const Arrival> arrivals);
  void keep(Slab& slab, std::size_t row);
  bool all_finite(const Slab& slab, std::size_t row) const;
  void expect_distributions(const Slab& slab, std::size_t row) const;
  void put(const Slab& slab, std::size_t row, std::size_t index);
  void note_class(const Slab& slab, std::size_t row, std::size_t index);
  void score(const Slab& slab, std::span<const Arrival> arrivals);

  Wanted wanted_;
  const PipelineOptions& options_;
  const AnySource& source_;
  RunControl& control_;
  PredictionReuse* reuse_;
  std::atomic<std::size_t> remembered_ = 0;
  std::atomic<std::size_t> embedded_ = 0;
  std::atomic<std::size_t> taken_ = 0;
  std::vector<std::uint8_t> arrived_;
  tbb::enumerable_thread_specific<TopK> best_;
};

}  // namespace quarry::detail
