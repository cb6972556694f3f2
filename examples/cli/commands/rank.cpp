// quarry rank: selection on arrays from anywhere. No model, no libtorch.
#include <chrono>

#include <fmt/format.h>

#include "quarry/core/error.hpp"
#include "quarry/strategy/registry.hpp"
#include "quarry/version.hpp"

#include "commands/commands.hpp"
#include "input/arrays.hpp"
#include "output/result.hpp"

namespace quarry::cli {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

Selection selection_of(const ArrayPool& pool,
                       const std::vector<RankedPick>& picks) {
  Selection selection;
  selection.class_counts = pool.class_counts();
  for (const RankedPick& ranked : picks) {
    Sample sample = pool.sample(ranked.index);
    const ArrayPool::Belief belief = pool.belief(ranked.index);
    selection.picks.push_back(
        {.rank = selection.picks.size(),
         .index = ranked.index,
         .id = std::move(sample.id),
         .uri = std::move(sample.uri),
         .score = ranked.score,
         .predicted = belief.predicted,
         .confidence = static_cast<float>(belief.confidence)});
  }
  return selection;
}

/// The scores of all candidates, for the report.
ScoreHistogram pool_scores(const AnyStrategy& strategy, const PoolView& view,
                           SelectContext& context) {
  ScoreHistogram scores;
  if (strategy.kind() != AnyStrategy::Kind::pointwise) return scores;
  for (const RankedPick& pick :
       select_from(strategy, view, view.candidates().size(), context)) {
    scores.add(pick.score);
  }
  return scores;
}

/// `--dry-run`: what would be read, chosen from and written.
void dry_run(const Call& call, const ArrayPool& pool, std::size_t budget) {
  const Flags& flags = call.flags;
  const std::size_t failed = pool.failures().size();
  const std::size_t labelled = pool.rows() - pool.candidates();
  const std::size_t picks = std::min(budget, pool.usable());
  const std::size_t written = flags.out.empty() ? 0 : bytes_of_selection(picks);
  std::size_t read = 0;
  Json arrays = Json::array();
  for (const ArrayPool::Named& named : pool.arrays()) {
    read += named.array.data().size();
    arrays.push_back({{"name", named.name},
                      {"file", named.file},
                      {"shape", named.array.shape()}});
  }
  if (flags.json) {
    print_json({{"schema_version", 1},
                {"command", "rank"},
                {"dry_run", true},
                {"device", "cpu"},
                {"pool",
                 {{"samples", pool.rows()},
                  {"candidates", pool.candidates()},
                  {"labelled", labelled},
                  {"failed", failed}}},
                {"inputs", std::move(arrays)},
                {"picks", picks},
                {"bytes", {{"read", read}, {"written", written}}}});
    return;
  }
  fmt::print("samples       {} ({} labelled already, {} failed)\n",
             with_commas(pool.rows()), with_commas(labelled),
             with_commas(failed));
  for (const ArrayPool::Named& named : pool.arrays()) {
    fmt::print("{:<14}{} in {}\n", named.name, named.array.view().describe(),
               named.file);
  }
  fmt::print("to read       {}\n", megabytes(static_cast<double>(read)));
  fmt::print("to pick       {}\n", with_commas(picks));
  fmt::print(
      "to write      {}\n",
      flags.out.empty()
          ? "nothing: there is no --out"
          : fmt::format("about {} in {}",
                        megabytes(static_cast<double>(written)), flags.out));
}

void fill_run(Selection& selection, const ArrayPool& pool, const Flags& flags) {
  RunSummary& run = selection.run;
  run.samples = pool.rows();
  run.candidates = pool.candidates();
  run.failures = pool.failures();
  run.failed = run.failures.size();
  run.scored = pool.usable();
  run.seed = flags.seed;
  run.ties = ties_of(flags);
  run.threads = threads_of(flags);
}

ReportOptions report_options(const Flags& flags) {
  ReportOptions report;
  for (const auto& [name, file] : {std::pair{"Probabilities", flags.probs},
                                   {"Passes", flags.probs_mc},
                                   {"Embeddings", flags.embeddings},
                                   {"Labelled", flags.labelled}}) {
    if (!file.empty()) report.facts.emplace_back(name, file);
  }
  report.facts.emplace_back("Quarry", QUARRY_VERSION);
  return report;
}

ExitCode rank(const Call& call) {
  const Flags& flags = call.flags;
  expect_given(flags.strategy, call.app, "--strategy NAME");
  const std::size_t budget = budget_of(flags, call.app);
  const Clock::time_point start = Clock::now();
  const StrategyParams params = StrategyParams::parse(flags.params);
  const AnyStrategy strategy = make_strategy(flags.strategy, params);
  const ArrayPool pool(flags, strategy, call.terminal);
  pool.expect_given(strategy.needs());
  const PoolView view = pool.view(flags.seed);
  if (flags.dry_run) {
    dry_run(call, pool, budget);
    return done;
  }
  if (!flags.out.empty()) make_folder(flags.out);
  const double loaded = seconds_since(start);

  SelectContext context;
  context.random = RandomStream(flags.seed);
  context.ties = ties_of(flags);
  context.stop = call.stop;
  std::size_t told = 0;
  context.progress = [&, show = call.terminal.progress()](const Progress& at) {
    told = at.done;
    return show(at);
  };
  context.threads = threads_of(flags);
  const RankedPicks chosen = select_from(strategy, view, budget, context);

  Selection selection = selection_of(pool, chosen.picks);
  fill_run(selection, pool, flags);
  // A set strategy has seen every row before its first pick.
  const bool cut = !chosen.complete;
  if (cut && strategy.kind() == AnyStrategy::Kind::pointwise)
    selection.run.scored = told;
  selection.stopped = cut                      ? Stopped::cancelled
                      : chosen.size() < budget ? Stopped::pool_exhausted
                                               : Stopped::budget_met;
  selection.run.seconds = seconds_since(start);
  selection.run.stages = {
      {.stage = "load", .busy = loaded, .workers = 1, .items = pool.rows()},
      {.stage = "select",
       .busy = selection.run.seconds - loaded,
       .workers = 1,
       .items = chosen.size()}};

  const Asked asked{.command = "rank",
                    .strategy = flags.strategy,
                    .params = params.to_json(),
                    .budget = budget,
                    .batch = batch_of(flags)};
  if (!flags.out.empty()) {
    context.progress = NullProgress{};
    if (!cut) selection.scores = pool_scores(strategy, view, context);
    ReportOptions report = report_options(flags);
    report.title = fmt::format("{} picks by {}", with_commas(selection.size()),
                               flags.strategy);
    write_selection(flags.out, asked, selection, std::move(report));
    call.terminal.say(fmt::format("report: {}/report.html", flags.out));
  }
  if (flags.json) {
    print_json(selection_document(asked, selection));
  } else {
    print_picks(selection);
  }
  call.terminal.say(selection.brief_report());
  if (!cut) return done;
  call.terminal.say("cancelled: the picks made so far are given");
  return cancelled;
}

}  // namespace

Command rank_command(CLI::App& program, Flags& flags) {
  CLI::App* app =
      program.add_subcommand("rank", "Pick from arrays: no model, no libtorch");
  app->add_option("--probs", flags.probs, "Class probabilities [N, C]")
      ->type_name("FILE.npy");
  app->add_option("--probs-mc", flags.probs_mc,
                  "Probabilities of K stochastic passes [K, N, C]")
      ->type_name("FILE.npy");
  app->add_option("--embeddings", flags.embeddings, "Features [N, D]")
      ->type_name("FILE.npy");
  app->add_option("--labels", flags.labels,
                  "Class numbers, one a labelled row or one a row")
      ->type_name("FILE.npy");
  app->add_option("--input", flags.inputs,
                  "Any other array a strategy can use; can be repeated")
      ->type_name("NAME=FILE.npy")
      ->allow_extra_args(false);
  app->add_option("--samples", flags.samples,
                  "Whose rows these are (samples.jsonl of quarry score); by "
                  "default the one beside the arrays, if there is one")
      ->type_name("FILE");
  add_choice_flags(*app, flags);
  add_out_flag(*app, flags,
               "Writes selection.jsonl, summary.json, timeline.jsonl, "
               "failures.jsonl and "
               "report.html there");
  add_common_flags(*app, flags);
  add_output_flags(*app, flags);
  app->footer(
      "Example:\n  quarry rank --strategy margin --budget 100 "
      "--probs probabilities.npy");
  return {app,
          rank,
          {"--device", "--batch", "--precision", "--on-error", "--max-bad",
           "--workspace", "--cache", "--cache-size", "--offline"}};
}

}  // namespace quarry::cli
