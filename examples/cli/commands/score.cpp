// quarry score: predictions of a whole pool, for `rank` or anything else.
#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "quarry/core/npy.hpp"
#include "quarry/strategy/random.hpp"
#include "quarry/strategy/registry.hpp"

#include "commands/commands.hpp"
#include "input/model_run.hpp"
#include "input/samples.hpp"
#include "libtorch/libtorch.hpp"
#include "output/result.hpp"

namespace quarry::cli {
namespace {

bool is_attack(const Need& need) {
  return need.attack.run != nullptr;
}

std::string file_of(std::string_view input) {
  return std::string(input) + ".npy";
}

/// The strategy whose attacks on the model are wanted besides; scoring asks it
/// for nothing else.
AnyStrategy strategy_of(const Call& call) {
  const Flags& flags = call.flags;
  const StrategyParams params = StrategyParams::parse(flags.params);
  if (flags.strategy.empty()) {
    if (!flags.params.empty())
      call.terminal.note("--param has no effect without --strategy");
    return RandomStrategy();
  }
  AnyStrategy strategy = make_strategy(flags.strategy, params);
  const Needs needs = strategy.needs();
  if (std::any_of(needs.begin(), needs.end(), is_attack)) return strategy;
  call.terminal.note(fmt::format(
      "--strategy has no effect: {} attacks no model", flags.strategy));
  return RandomStrategy();
}

std::size_t bytes_out(const ModelRun& run, const AnyStrategy& strategy,
                      std::size_t passes) {
  const std::size_t classes = run.model().model.classes().size();
  const Needs needs = strategy.needs();
  const auto attacks = static_cast<std::size_t>(
      std::count_if(needs.begin(), needs.end(), is_attack));
  const std::size_t columns =
      (1 + passes) * classes + run.model().model.embedding_dim() + attacks;
  return run.pool().source.size() * (columns * sizeof(float) + 150);
}

void write(const std::filesystem::path& out, const ModelRun& run,
           const Asked& asked, const ScoredPool& scored) {
  // Of an earlier run, with another model perhaps.
  for (const char* name : {"embeddings.npy", "passes.npy"})
    std::filesystem::remove(out / name);
  for (const StrategyInfo& info : strategies()) {
    for (const Need& need : info.needs)
      if (is_attack(need)) std::filesystem::remove(out / file_of(need.name));
  }
  write_npy(out / "probabilities.npy", scored.probabilities);
  if (scored.embeddings.cols() != 0)
    write_npy(out / "embeddings.npy", scored.embeddings);
  if (const std::size_t passes = scored.run.passes; passes != 0) {
    const auto rows = static_cast<std::size_t>(scored.probabilities.rows());
    const auto columns = static_cast<std::size_t>(scored.probabilities.cols());
    write_npy(out / "passes.npy",
              ArrayView(scored.passes.data(), {passes, rows, columns}));
  }
  for (const auto& [name, lengths] : scored.lengths) {
    write_npy(
        out / file_of(name),
        ArrayView(lengths.data(), {static_cast<std::size_t>(lengths.rows())}));
  }
  write_samples(out / "samples.jsonl", run.pool().source, scored.run.failures);
  write_summary(out, score_document(asked, scored), scored.run);
}

ExitCode score(const Call& call) {
  const Flags& flags = call.flags;
  expect_torch("score");
  expect_given(flags.data, call.app, "--data SRC");
  expect_model(flags, call.app);
  if (!flags.dry_run) {
    expect_given(flags.out, call.app, "--out DIR");
    make_folder(flags.out);
  }
  const std::size_t passes = flags.passes.value_or(0);
  const AnyStrategy strategy = strategy_of(call);
  ModelRun run(call);
  if (flags.dry_run) {
    run.dry_run(
        strategy,
        [&](AnyPipeline& pipeline) { return pipeline.score(passes).run; },
        bytes_out(run, strategy, passes));
    return done;
  }
  const ScoredPool scored = run.run(
      strategy, [&](AnyPipeline& pipeline) { return pipeline.score(passes); });
  const Asked asked{.command = "score",
                    .device = run.model().device,
                    .precision = run.model().precision,
                    .batch = run.batch(),
                    .threads_per_executor = run.threads_per_executor(),
                    .network = run.network()};
  run.tell(scored.run);
  write(flags.out, run, asked, scored);
  if (flags.json) {
    print_json(score_document(asked, scored));
  } else {
    fmt::print("{}\n", scored.brief_report());
    fmt::print("{}/probabilities.npy [{}, {}]\n", flags.out,
               scored.probabilities.rows(), scored.probabilities.cols());
    if (scored.embeddings.cols() != 0) {
      fmt::print("{}/embeddings.npy [{}, {}]\n", flags.out,
                 scored.embeddings.rows(), scored.embeddings.cols());
    }
    if (passes != 0) {
      fmt::print("{}/passes.npy [{}, {}, {}]\n", flags.out, passes,
                 scored.probabilities.rows(), scored.probabilities.cols());
    }
    for (const auto& [name, lengths] : scored.lengths)
      fmt::print("{}/{} [{}]\n", flags.out, file_of(name), lengths.rows());
    fmt::print("{}/samples.jsonl\n", flags.out);
  }
  call.terminal.say(scored.run.bottleneck());
  if (scored.stopped != Stopped::cancelled) return done;
  call.terminal.say("cancelled: rows that had not been scored are NaN; " +
                    ModelRun::what_next(scored.run));
  return cancelled;
}

}  // namespace

Command score_command(CLI::App& program, Flags& flags) {
  CLI::App* app = program.add_subcommand(
      "score", "Predictions only: probabilities, embeddings, samples");
  add_pool_flags(*app, flags);
  add_model_flags(*app, flags);
  add_passes_flag(*app, flags, "Also so many passes with dropout: passes.npy");
  add_strategy_flags(*app, flags,
                     "Also what this one's attack on the model finds: "
                     "deep_fool_norms.npy, bim_norms.npy");
  add_out_flag(*app, flags,
               "Writes probabilities.npy, embeddings.npy, passes.npy, "
               "samples.jsonl, summary.json, timeline.jsonl and "
               "failures.jsonl there");
  add_common_flags(*app, flags);
  add_executors_flag(*app, flags);
  add_model_timeout_flag(*app, flags);
  add_trace_flag(*app, flags);
  add_output_flags(*app, flags);
  app->footer(
      "Example:\n  quarry score --data pool/ --model model.pt --out "
      "scores/");
  return {app, score, {"--labelled"}};
}

}  // namespace quarry::cli
