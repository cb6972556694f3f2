// quarry select: one round over a pool.
#include <fmt/format.h>

#include "quarry/strategy/registry.hpp"

#include "commands/commands.hpp"
#include "input/model_run.hpp"
#include "libtorch/libtorch.hpp"
#include "output/result.hpp"

namespace quarry::cli {
namespace {

void write(const Call& call, const ModelRun& run, const Asked& asked,
           const Selection& selection) {
  ReportOptions report = run.report_options();
  report.title = fmt::format("{} picks from {}", with_commas(selection.size()),
                             run.pool().name);
  write_selection(call.flags.out, asked, selection, std::move(report));
  call.terminal.say(fmt::format("report: {}/report.html", call.flags.out));
}

ExitCode select(const Call& call) {
  const Flags& flags = call.flags;
  expect_torch("select");
  expect_given(flags.data, call.app, "--data SRC");
  expect_model(flags, call.app);
  expect_given(flags.strategy, call.app, "--strategy NAME");
  const std::size_t budget = budget_of(flags, call.app);
  const StrategyParams params = StrategyParams::parse(flags.params);
  const AnyStrategy strategy = make_strategy(flags.strategy, params);
  if (!flags.out.empty() && !flags.dry_run) make_folder(flags.out);

  ModelRun run(call);
  if (strategy.kind() == AnyStrategy::Kind::set) run.select_on_device();
  if (flags.dry_run) {
    run.dry_run(
        strategy, [](AnyPipeline& pipeline) { return pipeline.select(1).run; },
        flags.out.empty() ? 0 : bytes_of_selection(budget));
    return done;
  }
  if (flags.passes && !strategy.needs().has(inputs::passes)) {
    call.terminal.note(
        fmt::format("--passes has no effect: {} needs none", flags.strategy));
  }
  const Selection selection = run.run(
      strategy, [&](AnyPipeline& pipeline) { return pipeline.select(budget); });
  const Asked asked{.command = "select",
                    .strategy = flags.strategy,
                    .params = params.to_json(),
                    .budget = budget,
                    .device = run.model().device,
                    .precision = run.model().precision,
                    .batch = run.batch(),
                    .threads_per_executor = run.threads_per_executor(),
                    .network = run.network()};
  run.tell(selection.run);
  if (!flags.out.empty()) write(call, run, asked, selection);
  if (flags.json) {
    print_json(selection_document(asked, selection));
  } else {
    print_picks(selection);
  }
  call.terminal.say(selection.brief_report());
  call.terminal.say(selection.run.bottleneck());
  if (selection.stopped != Stopped::cancelled) return done;
  call.terminal.say("cancelled: these are the best of what had been scored; " +
                    ModelRun::what_next(selection.run));
  return cancelled;
}

}  // namespace

Command select_command(CLI::App& program, Flags& flags) {
  CLI::App* app =
      program.add_subcommand("select", "Pick the samples to label next");
  add_pool_flags(*app, flags);
  add_model_flags(*app, flags);
  add_choice_flags(*app, flags);
  add_passes_flag(*app, flags,
                  "Passes with dropout, for strategies that need them (10)");
  add_out_flag(*app, flags,
               "Writes selection.jsonl, summary.json, timeline.jsonl, "
               "failures.jsonl and "
               "report.html there");
  add_common_flags(*app, flags);
  add_executors_flag(*app, flags);
  add_model_timeout_flag(*app, flags);
  add_trace_flag(*app, flags);
  add_output_flags(*app, flags);
  app->footer(
      "Example:\n  quarry select --data pool/ --model model.pt "
      "--strategy margin --budget 100 --out round1/");
  return {app, select};
}

}  // namespace quarry::cli
