#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "quarry/core/error.hpp"
#include "quarry/model/choose_executors.hpp"
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

  /// `action(pipeline)`, a run. With `--batch auto` it is begun anew, in
  /// batches of half the size, for as long as there is no memory for them. When
  /// it ends with an error, what failed is in failures.jsonl under `--out` all
  /// the same.
  template <class Action>
  auto run(const AnyStrategy& strategy, const Action& action) {
    return in_batches_that_fit([&] {
      AnyPipeline one = pipeline(strategy);
      try {
        auto result = action(one);
        std::vector<std::string>& notes = result.run.notes;
        notes.insert(notes.begin(), notes_.begin(), notes_.end());
        return result;
      } catch (const Error&) {
        const std::string& out = call_.flags.out;
        if (!out.empty() && !one.last_run().failures.empty())
          write_failures(out, one.last_run().failures);
        throw;
      }
    });
  }
  const Pool& pool() const { return pool_; }
  const LoadedModel& model() const { return model_; }
  std::size_t batch() const { return options_.batch; }
  /// Inside an operator.
  std::size_t threads_per_executor() const { return plan_.threads; }

  /// Set strategies are to multiply rows on the model's GPU, if it has one.
  void select_on_device();

  /// What a reader of the report needs to repeat the run.
  ReportOptions report_options() const;
  /// What the hosts of the pool did so far.
  NetworkStats network() const;

  /// `--dry-run`: makes a `trial` of a pipeline over a few samples and says
  /// what the whole would read, take and write.
  using Trial = std::function<RunSummary(AnyPipeline&)>;
  void dry_run(const AnyStrategy& strategy, const Trial& trial,
               std::size_t bytes_out);

  /// What becomes of a run that was cancelled.
  static std::string what_next(const RunSummary& run);

  /// Notes of a run that were not told yet, and the failures in a line.
  void tell(const RunSummary& run) const;

 private:
  AnyPipeline pipeline(AnyStrategy strategy) const;
  void share_cores();
  /// Whether another try is worth it.
  bool halve_batch(const Error& error);
  /// Told now, and in the result.
  void note(std::string text);
  template <class Action>
  auto in_batches_that_fit(const Action& action) {
    for (;;) {
      try {
        return action();
      } catch (const Error& error) {
        if (!halve_batch(error)) throw;
      }
    }
  }

  const Call& call_;
  Pool pool_;
  LoadedModel model_;
  AnyDecoder decoder_;
  PipelineOptions options_;
  ExecutorPlan plan_;
  std::vector<std::string> notes_;  // of choices
};

}  // namespace quarry::cli
