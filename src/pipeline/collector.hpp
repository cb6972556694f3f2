#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <tbb/enumerable_thread_specific.h>

#include "quarry/core/matrix.hpp"
#include "quarry/data/any_source.hpp"
#include "quarry/pipeline/score_histogram.hpp"
#include "quarry/pipeline/selection.hpp"
#include "quarry/strategy/any_strategy.hpp"
#include "quarry/strategy/top_k.hpp"

#include "pipeline/cache/prediction_reuse.hpp"
#include "pipeline/row_table.hpp"
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
  /// Those inputs that are attacks on the model.
  std::vector<Need> attacks = {};
  /// Keep the rows of all samples, of which so many bytes in memory; more go to
  /// a file.
  std::size_t memory = std::numeric_limits<std::size_t>::max();
  bool keep_probabilities = false;
  bool keep_embeddings = false;
  bool keep_passes = false;
  bool keep_lengths = false;
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

/// The class a model believes a sample to be of, and how much; −1 where no
/// model ran.
struct Belief {
  std::int32_t predicted = -1;
  float confidence = 0.0F;
};

/// A sample that a pointwise strategy may pick.
struct ScoredSample : ScoredRow {
  Belief belief;
};

/// Where predictions land, by index: the same whatever the threads. With a
/// pointwise strategy nothing is kept of a sample that it does not pick.
class Collector {
 public:
  /// All but `wanted` outlive this. Without reuse nothing is kept. Raises
  /// `pipeline.scratch`.
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
  /// What the model says of sample `i`; only where rows are kept.
  const Belief& belief(std::size_t i) const { return beliefs_[i]; }
  /// Merges what the threads kept: the picks, best first. Once.
  std::vector<ScoredSample> best();
  /// Of a pointwise strategy, of all samples.
  ScoreHistogram scores() const;
  /// `[C]`: how many samples the model believes to be of each class.
  std::vector<std::size_t> class_counts() const;
  /// What an operator should know: where rows are that are not in memory.
  const std::string& note() const noexcept { return note_; }

  RowTable probabilities;         ///< `[N, C]` or nothing
  RowTable embeddings;            ///< `[N, D]` or nothing
  RowTable passes;                ///< `[K · N, C]` or nothing
  std::vector<RowTable> lengths;  ///< `[N, 1]` an attack, or nothing

 private:
  /// A sample whose prediction is there, in a row of a slab: its own, or that
  /// of its duplicate.
  struct Arrival {
    std::size_t row = 0;
    std::size_t index = 0;
  };
  /// What a thread knows of the samples that it has seen.
  struct Seen {
    TopRows<ScoredSample> best;
    ScoreHistogram scores = {};
    std::vector<std::size_t> class_counts = {};
  };
  void make_tables(const SlabShape& shape);
  std::vector<Arrival> arrivals_of(Slab& slab);
  static Matrix rows_of(const Matrix& matrix,
                        std::span<const Arrival> arrivals);
  static Matrix passes_of(const Slab& slab, std::span<const Arrival> arrivals);
  void put_lengths(const Slab& slab, std::span<const Arrival> arrivals);
  void keep(Slab& slab, std::size_t row);
  bool all_finite(const Slab& slab, std::size_t row) const;
  void expect_distributions(const Slab& slab, std::size_t row) const;
  void put(const Slab& slab, std::span<const Arrival> arrivals);
  static Belief belief_of(const Slab& slab, std::size_t row, Seen& seen);
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
  std::vector<Belief> beliefs_;
  std::string note_;
  tbb::enumerable_thread_specific<Seen> seen_;
};

}  // namespace quarry::detail
