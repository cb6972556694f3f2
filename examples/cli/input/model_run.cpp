#include "input/model_run.hpp"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <functional>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "quarry/core/error.hpp"
#include "quarry/data/subset.hpp"
#include "quarry/model/choose_batch.hpp"
#include "quarry/model/choose_executors.hpp"
#include "quarry/version.hpp"

#include "output/exit_code.hpp"
#include "output/result.hpp"

namespace quarry::cli {
namespace {

/// Every so many-th sample, `count` of them.
std::vector<std::size_t> spread(std::size_t size, std::size_t count) {
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < count; ++i) indices.push_back(i * size / count);
  return indices;
}

/// The batch for `--batch auto` with so many executors: no larger than what a
/// pool can fill.
BatchChoice measured_batch(const AnyModel& model, std::size_t samples,
                           std::size_t executors) {
  ChooseBatchOptions options;
  options.executors = executors;
  options.most =
      std::min(options.most, std::bit_ceil(std::max<std::size_t>(1, samples)));
  return choose_batch(model, options);
}

/// The executors that `--executors` says, as many as can be where that is
/// measured, or as many as the model has by default, and the threads for each.
ExecutorPlan shared_cores(const AnyModel& model, const Flags& flags) {
  const std::size_t cores = threads_of(flags);
  if (flags.executors.empty())
    return {.executors = model.default_executors(cores), .threads = 1};
  const std::size_t executors = executors_of(flags);
  return {.executors = executors,
          .threads = std::max<std::size_t>(1, cores / executors)};
}

/// A model that does not return ends the program: nothing else ends the model.
std::function<void(const Failure&)> end_on_timeout(Terminal& terminal) {
  return [shared = terminal.shared_from_this()](const Failure& failure) {
    ExitCode code = model_error;
    try {
      shared->clear();
      code = complain(failure);
    } catch (...) {
      // There may be no memory for words.
    }
    std::_Exit(code);  // other threads are at work
  };
}

}  // namespace

ModelRun::ModelRun(const Call& call)
    : call_(call),
      pool_(open_pool(call, Keeps::predictions)),
      model_(load_model(call.flags, call.terminal)),
      decoder_(decoder_for(pool_, model_.card)),
      options_(pipeline_options(call.flags)) {
  share_cores();
  options_.labelled = labelled_of(call.flags, pool_.source);
  options_.cache = prediction_cache_options(call.flags);
  options_.stop = call.stop;
  options_.on_model_timeout = end_on_timeout(call.terminal);
  options_.progress = call.terminal.progress();
}

/// Among executors, and in what batches these compute.
void ModelRun::share_cores() {
  const Flags& flags = call_.flags;
  plan_ = shared_cores(model_.model, flags);
  use_torch_threads(plan_.threads);
  if (flags.batch == "auto") {
    const BatchChoice choice =
        measured_batch(model_.model, pool_.source.size(), plan_.executors);
    options_.batch = choice.batch;
    note(choice.brief_report());
  }
  if (flags.executors == "auto") {
    const ExecutorChoice choice =
        choose_executors(model_.model, {.cores = threads_of(flags),
                                        .batch = options_.batch,
                                        .use_threads = use_torch_threads});
    plan_ = choice.plan;
    note(choice.brief_report());
  }
  options_.executors = plan_.executors;
}

void ModelRun::select_on_device() {
  options_.select_device = select_device_of(model_, call_.terminal);
}

bool ModelRun::halve_batch(const Error& error) {
  if (call_.flags.batch != "auto" || error.id() != "model.memory" ||
      options_.batch == 1) {
    return false;
  }
  const std::size_t before = std::exchange(options_.batch, options_.batch / 2);
  note(fmt::format("there was no memory for batches of {}: begun anew with {}",
                   before, options_.batch));
  return true;
}

void ModelRun::note(std::string text) {
  call_.terminal.note(text);
  notes_.push_back(std::move(text));
}

AnyPipeline ModelRun::pipeline(AnyStrategy strategy) const {
  return {pool_.source, decoder_, model_.model, std::move(strategy), options_};
}

NetworkStats ModelRun::network() const {
  return pool_.network();
}

ReportOptions ModelRun::report_options() const {
  ReportOptions report;
  report.images = pictures(pool_);
  report.facts = {
      {"Data", pool_.name},
      {"Model", model_.file},
      {"Model's fingerprint", model_.model.fingerprint()},
      {"Device", model_.device},
      {"Precision", model_.precision},
      {"Executors", fmt::format("{} x {} thread{}", plan_.executors,
                                plan_.threads, plan_.threads == 1 ? "" : "s")}};
  if (!call_.flags.labelled.empty())
    report.facts.emplace_back("Labelled", call_.flags.labelled);
  report.facts.emplace_back("Quarry", QUARRY_VERSION);
  const NetworkStats hosts = network();
  if (!hosts.hosts.empty()) report.tables.push_back(network_table(hosts));
  return report;
}

void ModelRun::dry_run(const AnyStrategy& strategy, const Trial& trial,
                       std::size_t bytes_out) {
  const std::size_t n = pool_.source.size();
  if (n == 0) raise("pipeline.empty", "the pool is empty");
  PipelineOptions options = options_;
  options.errors = {.max_bad = 1.0, .alike_limit = 0};
  options.labelled = {};
  options.trace.clear();
  const std::size_t probed =
      std::min(n, std::max<std::size_t>(256, 2 * options.batch));
  const AnySource part = Subset(pool_.source, spread(n, probed));
  const RunSummary tried = in_batches_that_fit([&] {
    options.batch = options_.batch;
    AnyPipeline pipeline(part, decoder_, model_.model, strategy, options);
    return trial(pipeline);
  });

  std::size_t labelled = 0;
  for (std::size_t i = 0; i < n && !options_.labelled.empty(); ++i)
    if (options_.labelled.find(pool_.source.sample(i)) != nullptr) ++labelled;
  const double scale = static_cast<double>(n) / static_cast<double>(probed);
  const double bytes = scale * static_cast<double>(tried.bytes_read);
  const double seconds = scale * tried.seconds;
  if (call_.flags.json) {
    Json document = {
        {"schema_version", 1},
        {"command", call_.app.get_name()},
        {"dry_run", true},
        {"device", model_.device},
        {"precision", model_.precision},
        {"pool",
         {{"samples", n},
          {"candidates", n - labelled},
          {"labelled", labelled}}},
        {"probed", {{"samples", probed}, {"failed", tried.failed}}},
        {"bytes", {{"read", bytes}, {"written", bytes_out}}},
        {"seconds", seconds}};
    add_network(document, network());
    print_json(document);
    return;
  }
  fmt::print("samples     {} ({} labelled already)\n", with_commas(n),
             with_commas(labelled));
  fmt::print("to read     about {}\n", megabytes(bytes));
  fmt::print("to write    about {}\n",
             megabytes(static_cast<double>(bytes_out)));
  fmt::print("time        about {} on {}\n", short_time(seconds),
             model_.device);
  fmt::print("tried       {} samples, {} of which failed\n",
             with_commas(probed), with_commas(tried.failed));
}

std::string ModelRun::what_next(const RunSummary& run) {
  return run.cached + run.from_embeddings + run.kept == 0
             ? "the next run starts over"
             : "the next run goes on from there";
}

void ModelRun::tell(const RunSummary& run) const {
  for (const std::string& note : run.notes) call_.terminal.note(note);
  if (run.failed == 0) return;
  const BadSample& first = run.failures.front();
  call_.terminal.say(
      fmt::format("{} of {} samples failed; the first: {}: {} ({})",
                  with_commas(run.failed), with_commas(run.samples), first.id,
                  first.failure.message, first.failure.id.text()));
}

}  // namespace quarry::cli
