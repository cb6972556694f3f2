#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "quarry/core/bad_sample.hpp"
#include "quarry/core/matrix.hpp"
#include "quarry/pipeline/score_histogram.hpp"
#include "quarry/pipeline/stage_time.hpp"
#include "quarry/strategy/pick.hpp"

namespace quarry {

/// A sample chosen to be labelled.
struct Pick {
  std::size_t rank = 0;   ///< from 0
  std::size_t index = 0;  ///< the row in the source
  std::string id;
  std::string uri;
  /// NaN where the strategy has none.
  double score = 0.0;
  /// The class the model believes in, and how much; −1 when no model ran.
  std::int32_t predicted = -1;
  float confidence = 0.0F;
};

/// Why a run ended.
enum class Stopped {
  budget_met,      ///< as many picks as asked for
  pool_exhausted,  ///< fewer picks than asked for: the pool has no more
  cancelled,       ///< the stop token or a hook asked
};
std::string_view name_of(Stopped stopped) noexcept;

/// How a run went: the part of a result that does not depend on what was asked.
struct RunSummary {
  std::size_t samples = 0;          ///< size of the source
  std::size_t candidates = 0;       ///< asked for: not labelled
  std::size_t scored = 0;           ///< of these, how many got through
  std::size_t failed = 0;           ///< bad samples, labelled ones too
  std::vector<BadSample> failures;  ///< all of them, by index
  /// Of those scored, how many were neither decoded nor inferred: kept by
  /// earlier runs, or those of a sample with the same bytes.
  std::size_t cached = 0;
  /// Of those scored, how many were not decoded: the model's head alone ran, on
  /// embeddings that earlier runs have kept.
  std::size_t from_embeddings = 0;
  std::size_t kept = 0;           ///< predictions that this run has kept
  std::uint64_t seed = 0;         ///< as in the options
  Ties ties = Ties::hash;         ///< as in the options
  std::size_t batch = 0;          ///< samples
  std::size_t passes = 0;         ///< stochastic passes a sample
  std::size_t threads = 0;        ///< that decode
  std::size_t executors = 0;      ///< that infer at most; an AsyncModel has 1
  double seconds = 0.0;           ///< wall time of the run
  std::vector<StageTime> stages;  ///< in the order of the stream
  double slot_seconds = 0.0;      ///< width of a slot of their timelines
  double cpu = 0.0;               ///< seconds of CPU that the process used
  std::size_t cores = 0;          ///< that it may use
  std::uint64_t bytes_read = 0;   ///< encoded bytes of samples
  std::size_t peak_memory = 0;    ///< resident bytes of the process at most
  /// What an operator should know: a sentence each.
  std::vector<std::string> notes;

  /// Samples scored a second.
  double throughput() const noexcept;
  /// What set the speed, in words; empty before any run.
  ///
  /// "inference-bound: 96 % busy": the stage whose workers were busy for the
  /// largest part of the time. "core-bound: 2 cores 97 % busy, infer 70 %,
  /// decode 22 %": all cores were busy (from 90 % on) with several stages; in
  /// this case how busy a stage's workers were says little, since they waited
  /// for each other's cores. "nothing is busy throughout: infer most, 41 %":
  /// none was busy for half of the time. What the choice took is said apart.
  std::string bottleneck() const;
};

/// The picks of one round, in the order in which they should be labelled.
class Selection {
 public:
  std::vector<Pick> picks;
  Stopped stopped = Stopped::budget_met;
  RunSummary run;
  std::vector<std::string> classes;
  /// How many samples the model believes to be of each class; empty when no
  /// model ran.
  std::vector<std::size_t> class_counts;
  /// The scores that a pointwise strategy gave, in constant memory whatever the
  /// pool's size; empty for a set strategy.
  ScoreHistogram scores;

  auto begin() const noexcept { return picks.begin(); }
  auto end() const noexcept { return picks.end(); }
  std::size_t size() const noexcept { return picks.size(); }
  bool empty() const noexcept { return picks.empty(); }
  const Pick& operator[](std::size_t rank) const { return picks.at(rank); }

  /// One line: "100 picks from 9,990 of 10,000 samples in 4.1 s (2,437/s)".
  std::string brief_report() const;
  /// Several: the line above, stages, failures by kind, notes.
  std::string full_report() const;
};

/// What `score()` gives: predictions of every sample, rows by index; a failed
/// sample's rows are all NaN, and so is an embedding that is not finite.
class ScoredPool {
 public:
  Matrix probabilities;  ///< `[N, C]`
  Matrix embeddings;     ///< `[N, D]`; `[N, 0]` when the model has none
  /// `[K · N, C]`, pass after pass, when K = `run.passes` were asked for
  Matrix passes;
  /// `[N, 1]` each, by the name of the input: what attacks on the model found
  /// that the pipeline's strategy needs.
  std::map<std::string, Matrix, std::less<>> lengths;
  std::vector<std::string> classes;
  Stopped stopped = Stopped::pool_exhausted;
  RunSummary run;

  std::string brief_report() const;
  std::string full_report() const;
};

}  // namespace quarry
