#pragma once

#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "quarry/core/error.hpp"
#include "quarry/data/any_source.hpp"
#include "quarry/pipeline/options.hpp"
#include "quarry/pipeline/selection.hpp"

#include "core/meter.hpp"

namespace quarry::detail {

/// What an exception that a part of the pipeline threw says about the run.
/// `part` is what the message calls it: "the decoder". Without memory for more
/// words it is `pipeline.memory` and little else.
Failure failure_of(std::exception_ptr thrown, std::string_view part) noexcept;

/// What the source says of sample `i`. A source that throws is named.
Sample sample_of(const AnySource& source, std::size_t i);

/// What all stages of a run agree on: which samples are still wanted, what went
/// wrong, how far it is. Samples are named by their position in the run. All
/// members may be called from any thread.
class RunControl {
 public:
  /// `wanted` samples of `source` take part; all three outlive this.
  RunControl(const PipelineOptions& options, const AnySource& source,
             std::size_t wanted);

  /// Whether nobody wants the sample at this position any more: the run stops,
  /// or an earlier sample has decided it. Stages pass such samples by.
  bool dropped(std::size_t position) noexcept;

  /// The sample is out of the run.
  void bad(std::size_t position, std::size_t index, Failure failure);
  /// The sample has its prediction.
  void good(std::size_t position) noexcept;
  /// `samples` more are through, bad ones too.
  void passed(std::size_t samples);
  /// Something is wrong with the run: it stops at once. The first counts.
  void fail(Failure failure) noexcept;
  void cancel() noexcept;

  /// How many samples take part.
  std::size_t wanted() const noexcept { return wanted_; }

  // Once the graph has drained:

  /// The end of the stage, for progress.
  void finish();
  bool cancelled() const noexcept { return cancelled_; }
  /// Whether every sample went through.
  bool complete() const noexcept { return passed_ == wanted_; }
  /// All bad samples by index. Once.
  std::vector<BadSample> take_bad();
  /// Why the run must end with an error, if it must. `bad` is sorted.
  std::optional<Failure> verdict(const std::vector<BadSample>& bad) const;

 private:
  enum class Ending { none, bad_sample, too_many_bad, all_alike };
  void judge(std::size_t position, const Failure& failure);
  void drop_from(std::size_t position) noexcept;

  const PipelineOptions& options_;
  const AnySource& source_;
  std::size_t wanted_;
  std::size_t allowed_;  // bad samples that are put up with
  Meter meter_;

  std::atomic<std::size_t> end_;  // positions from here on are dropped
  std::atomic<bool> cancelled_ = false;
  std::atomic<std::size_t> passed_ = 0;
  std::atomic<std::size_t> bad_count_ = 0;
  // Whether the first `alike_limit` samples may still all fail in one way.
  std::atomic<bool> alike_;

  mutable std::mutex mutex_;
  std::vector<BadSample> bad_;
  std::size_t alike_count_ = 0;
  std::optional<ErrorId> alike_id_;
  std::optional<Failure> failure_;
  Ending ending_ = Ending::none;
};

}  // namespace quarry::detail
