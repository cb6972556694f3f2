#pragma once

#include <cstddef>
#include <functional>

#include "quarry/core/error.hpp"
#include "quarry/pipeline/pipeline.hpp"
#include "quarry/report/report.hpp"

#include "commands/commands.hpp"
#include "input/pool.hpp"
#include "libtorch/libtorch.hpp"
#include "output/result.hpp"

namespace quarry::cli {

using AnyPipeline = Pipeline<AnySource, AnyDecoder, AnyModel, AnyStrategy>;

/// A pool and a model that belong together, and how to run them: what `select`
/// and `score` share.
class ModelRun {
 public:
  /// Opens, loads and checks what the flags name.
  explicit ModelRun(const Call& call);

  AnyPipeline pipeline(AnyStrategy strategy) const;
  const Pool& pool() const { return pool_; }
  const LoadedModel& model() const { return model_; }
  std::size_t batch() const { return options_.batch; }

  /// What a reader of the report needs to repeat the run.
  ReportOptions report_options() const;
  /// What the hosts of the pool did so far.
  NetworkStats network() const;

  /// `--dry-run`: makes a `trial` of a pipeline over a few samples and says
  /// what the whole would read, take and write.
  using Trial = std::function<RunSummary(AnyPipeline&)>;
  void dry_run(AnyStrategy strategy, const Trial& trial,
               std::size_t bytes_out) const;

  /// What becomes of a run that was cancelled.
  static std::string what_next(const RunSummary& run);

  /// Notes of a run that were not told yet, and the failures in a line.
  void tell(const RunSummary& run) const;

 private:
  const Call& call_;
  Pool pool_;
  LoadedModel model_;
  AnyDecoder decoder_;
  PipelineOptions options_;
};

/// `action()`, a run of `pipeline`. When it ends with an error, what failed is
/// in failures.jsonl under `--out` all the same.
template <class Action>
auto with_failures(const AnyPipeline& pipeline, const Flags& flags,
                   Action&& action) {
  try {
    return action();
  } catch (const Error&) {
    if (!flags.out.empty() && !pipeline.last_run().failures.empty())
      write_failures(flags.out, pipeline.last_run().failures);
    throw;
  }
}

}  // namespace quarry::cli
