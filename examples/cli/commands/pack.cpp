// quarry pack: a pool as a few large files, or the indices of such files.
#include "quarry/data/pack.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "quarry/core/error.hpp"
#include "quarry/data/index_shards.hpp"

#include "commands/commands.hpp"
#include "input/pool.hpp"
#include "output/result.hpp"

namespace quarry::cli {
namespace {

constexpr std::size_t samples_tried = 256;
constexpr std::size_t shards_told = 20;

PackOptions options_of(const Call& call, const Pool& pool) {
  const Flags& flags = call.flags;
  return {.format = flags.to == "tar" ? PackFormat::tar : PackFormat::tfrecord,
          .out = flags.out,
          .name = flags.shard_name,
          .shard_bytes = flags.shard_bytes,
          .shard_samples = flags.shard_samples,
          .reads = pool.source.is_async() ? 0 : threads_of(flags),
          .errors = error_policy(flags),
          .stop = call.stop,
          .progress = call.terminal.progress()};
}

Json head_of(const Flags& flags) {
  return {{"schema_version", 1}, {"command", "pack"}, {"to", flags.to}};
}

Json document_of(const Flags& flags, const Pool& pool,
                 const PackReport& report) {
  Json document = head_of(flags);
  document["stopped"] = name_of(report.ended);
  Json shards = Json::array();
  for (const PackedShard& shard : report.shards) {
    shards.push_back({{"file", shard.file.string()},
                      {"samples", shard.samples},
                      {"bytes", shard.bytes}});
  }
  document["shards"] = std::move(shards);
  document["pool"] = {{"samples", report.samples},
                      {"packed", report.packed},
                      {"failed", report.failures.size()}};
  document["failures"] = failures_json(report.failures);
  document["bytes"] = {{"read", report.bytes_read},
                       {"written", report.bytes_written}};
  document["seconds"] = {{"total", report.seconds}};
  add_network(document, pool.network());
  return document;
}

/// Tries some samples and says what the whole would read and write.
ExitCode dry_run(const Call& call, const Pool& pool, const AnySource& source) {
  const std::size_t n = source.size();
  const std::size_t tried = std::min(n, samples_tried);
  std::size_t failed = 0;
  double bytes = 0.0;
  for (std::size_t k = 0; k < tried; ++k) {
    const Result<Bytes> sample = source.read(k * n / tried);
    if (!sample.ok() && sample.error().blame == Blame::run)
      raise(sample.error());
    if (sample.ok()) bytes += static_cast<double>(sample->size());
    failed += sample.ok() ? 0 : 1;
  }
  if (tried != 0) bytes *= static_cast<double>(n) / static_cast<double>(tried);
  double shards =
      std::ceil(bytes / static_cast<double>(call.flags.shard_bytes));
  if (call.flags.shard_samples != 0) {
    shards = std::max(shards,
                      std::ceil(static_cast<double>(n) /
                                static_cast<double>(call.flags.shard_samples)));
  }
  if (call.flags.json) {
    Json document = head_of(call.flags);
    document["dry_run"] = true;
    document["pool"] = {{"samples", n}};
    document["probed"] = {{"samples", tried}, {"failed", failed}};
    document["bytes"] = {{"read", bytes}, {"written", bytes}};
    document["shards"] = shards;
    add_network(document, pool.network());
    print_json(document);
    return done;
  }
  fmt::print("samples     {}\n", with_commas(n));
  fmt::print("to read     about {}\n", megabytes(bytes));
  fmt::print("to write    about {} in {} shards\n", megabytes(bytes),
             with_commas(static_cast<std::size_t>(shards)));
  fmt::print("tried       {} samples, {} of which failed\n", with_commas(tried),
             with_commas(failed));
  return done;
}

void tell(const PackReport& report, const Flags& flags, Terminal& terminal) {
  if (!report.failures.empty()) {
    const BadSample& first = report.failures.front();
    terminal.say(fmt::format("{} of {} samples failed; the first: {}: {} ({})",
                             with_commas(report.failures.size()),
                             with_commas(report.samples), first.id,
                             first.failure.message, first.failure.id.text()));
  }
  if (flags.json) return;
  fmt::print("{}\n", report.brief_report());
  for (std::size_t k = 0; k < report.shards.size(); ++k) {
    if (k == shards_told) {
      fmt::print("…\n");
      break;
    }
    fmt::print("{}\n", report.shards[k].file.string());
  }
}

ExitCode write_shards(const Call& call) {
  const Flags& flags = call.flags;
  if (!flags.dry_run) {
    expect_given(flags.out, call.app, "--out DIR");
    make_folder(flags.out);
  }
  const Pool pool = open_pool(call);
  const AnySource source = pictures(pool);
  if (flags.dry_run) return dry_run(call, pool, source);
  PackOptions options = options_of(call, pool);
  std::vector<BadSample> failures;
  options.left_out = [&](const BadSample& bad) {
    failures.push_back(bad);
  };
  PackReport report;
  try {
    report = pack(source, options);
  } catch (const Error&) {
    if (!failures.empty()) write_failures(flags.out, failures);
    throw;
  }
  write_failures(flags.out, report.failures);
  if (flags.json) print_json(document_of(flags, pool, report));
  tell(report, flags, call.terminal);
  return report.ended == PackEnd::complete ? done : cancelled;
}

ExitCode write_indices(const Call& call) {
  const Flags& flags = call.flags;
  if (flags.dry_run) {
    raise(
        "cli.unsupported", "--dry-run says nothing of --to index",
        "leave --dry-run out: indices are small, and shards stay as they are");
  }
  const OpenSourceOptions source = source_options(call);
  const IndexReport report =
      index_shards(flags.data, {.out = flags.out,
                                .network = source.network,
                                .s3 = source.s3,
                                .stop = call.stop,
                                .progress = call.terminal.progress()});
  if (report.is_complete() && report.network.hosts.empty())
    note_idle_cache(call, flags.data);
  if (flags.json) {
    Json document = head_of(flags);
    document["stopped"] = report.is_complete() ? "complete" : "cancelled";
    Json shards = Json::array();
    for (const IndexedShard& shard : report.shards) {
      shards.push_back({{"file", shard.file.string()},
                        {"members", shard.members},
                        {"bad", shard.bad},
                        {"bytes", shard.bytes}});
    }
    document["shards"] = std::move(shards);
    document["seconds"] = {{"total", report.seconds}};
    add_network(document, report.network);
    print_json(document);
  } else {
    fmt::print("{}\n", report.brief_report());
  }
  return report.is_complete() ? done : cancelled;
}

ExitCode run(const Call& call) {
  expect_given(call.flags.data, call.app, "--data SRC");
  expect_given(call.flags.to, call.app, "--to tar|tfrecord|index");
  return call.flags.to == "index" ? write_indices(call) : write_shards(call);
}

}  // namespace

Command pack_command(CLI::App& program, Flags& flags) {
  CLI::App* app = program.add_subcommand(
      "pack", "Write a pool into a few large files (tar, TFRecord)");
  add_pool_flags(*app, flags);
  app->add_option("--to", flags.to,
                  "tar: WebDataset's archives; tfrecord: TensorFlow's files of "
                  "tf.Example; index: only the indices of the shards that "
                  "--data names")
      ->check(one_of({"tar", "tfrecord", "index"}))
      ->type_name("tar|tfrecord|index");
  add_out_flag(*app, flags,
               "Writes the shards and failures.jsonl there; with --to index "
               "the indices, by default beside their shards");
  takes_bytes(app->add_option("--shard-size", flags.shard_bytes,
                              "The most bytes of a shard: 256MB, 1GiB"),
              "256MB");
  app->add_option("--shard-samples", flags.shard_samples,
                  "The most samples of a shard; 0: any number")
      ->check(whole_number())
      ->capture_default_str()
      ->type_name("N");
  app->add_option("--name", flags.shard_name,
                  "What the names of the shards begin with")
      ->capture_default_str()
      ->type_name("NAME");
  add_config_flag(*app, flags);
  add_threads_flag(*app, flags);
  add_cache_flags(*app, flags);
  add_error_flags(*app, flags);
  add_dry_run_flag(*app, flags);
  add_output_flags(*app, flags);
  app->footer(
      "Example:\n  quarry pack --data photos/ --labels-from dirs --to tar "
      "--out shards/");
  return {app, run};
}

}  // namespace quarry::cli
