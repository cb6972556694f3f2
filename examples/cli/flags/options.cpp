#include "flags/options.hpp"

#include <filesystem>

#include <fmt/format.h>
#include <oneapi/tbb/info.h>

#include "quarry/core/error.hpp"

namespace quarry::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* common = "Common";

/// Fills the options of a cache in; false when it is off. A dry run changes
/// nothing on disk.
template <class Options>
bool use_cache(const Flags& flags, const char* name, const char* by_default,
               Options& cache) {
  const fs::path folder = fs::path(flags.workspace) / name;
  std::string use = flags.cache.empty() ? by_default : flags.cache;
  if (flags.dry_run && use != "read") {
    std::error_code ignored;
    use = use == "on" && fs::exists(folder, ignored) ? "read" : "off";
  }
  cache.max_bytes = flags.cache_bytes;
  cache.use = use == "read"    ? CacheUse::read
              : use == "write" ? CacheUse::write
                               : CacheUse::on;
  if (use == "off") return false;
  cache.directory = folder;
  return true;
}

/// The number that a flag gives, `automatic` for auto; raises `cli.value`.
std::size_t number_or_auto(const char* flag, const std::string& text,
                           std::size_t automatic) {
  if (text == "auto") return automatic;
  const auto number = whole_in<std::size_t>(text);
  if (number && *number != 0) return *number;
  raise("cli.value", fmt::format("{} is \"{}\", but it must be auto or a "
                                 "whole number of at least 1",
                                 flag, text));
}

}  // namespace

CLI::Validator whole_number(std::uint64_t low,
                            std::optional<std::uint64_t> high) {
  const auto check = [=](const std::string& text) -> std::string {
    const auto value = whole_in<std::uint64_t>(text);
    if (value && *value >= low && (!high || *value <= *high)) return "";
    if (!high)
      return fmt::format("\"{}\" is no whole number of at least {}", text, low);
    return fmt::format("\"{}\" is no whole number from {} to {}", text, low,
                       *high);
  };
  return {check, "", "whole"};
}

CLI::Validator number_up_to(double high) {
  const auto check = [high](const std::string& text) -> std::string {
    double value = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    const bool number = error == std::errc() && stop == end;
    // False for NaN.
    if (number && value >= 0.0 && value <= high) return "";
    return fmt::format("\"{}\" is no number from 0 to {}", text, high);
  };
  return {check, "", "number"};
}

CLI::Validator one_of(std::vector<std::string> words) {
  // Without a description: the help names the words already.
  return CLI::IsMember(std::move(words)).description("");
}

CLI::Option* takes_bytes(CLI::Option* option, const std::string& by_default) {
  // A unit alone would be one of it.
  const auto number_first = [](const std::string& text) -> std::string {
    if (!text.empty() && text.front() >= '0' && text.front() <= '9') return "";
    return fmt::format("\"{}\" is no number of bytes, as 500MB or 16GiB is",
                       text);
  };
  // The last transformation comes first.
  return option->transform(CLI::AsSizeValue(true).description(""))
      ->transform(CLI::Validator(number_first, "", "bytes"))
      ->check(whole_number(1))
      ->default_str(by_default)
      ->type_name("BYTES");
}

void add_pool_flags(CLI::App& command, Flags& flags) {
  command
      .add_option("--data", flags.data,
                  "The pool: a directory, a manifest (.jsonl, .csv, .txt; also "
                  "at a URL), tar:PATTERN, tfrecord:PATTERN, "
                  "s3://BUCKET/PREFIX, ftp://HOST/DIR/ or cifar10:DIR[#test]")
      ->type_name("SRC");
  command
      .add_option("--labels-from", flags.labels_from,
                  "dirs: the name of the directory that holds a sample is its "
                  "true label")
      ->check(one_of({"dirs"}))
      ->type_name("dirs");
  command
      .add_option("--image-feature", flags.image_feature,
                  "TFRecord: the feature that holds the encoded image; by "
                  "default found by its name")
      ->type_name("NAME");
  command
      .add_option("--label-feature", flags.label_feature,
                  "TFRecord: the feature that holds the true label; the same")
      ->type_name("NAME");
  command
      .add_option("--ca-file", flags.ca_file,
                  "PEM certificates to trust instead of the system's")
      ->type_name("FILE");
  command
      .add_option("--connections", flags.connections,
                  "The most requests to one host at once, over FTP at most 8; "
                  "it gets fewer where more bring nothing or it objects")
      ->check(whole_number(1, NetworkOptions{}.max_per_host))
      ->capture_default_str()
      ->type_name("N");
  command.add_flag("--netrc", flags.netrc,
                   "Look up users and passwords in ~/.netrc");
  command.add_flag("--s3-anonymous", flags.s3_anonymous,
                   "Sign nothing: the bucket is open to everybody");
}

void add_model_flags(CLI::App& command, Flags& flags) {
  command
      .add_option("--model", flags.models,
                  "A TorchScript file, or a compiled package (.pt2); its card "
                  "NAME.json is read beside it. Repeated: a committee, whose "
                  "members are the passes of strategies that need some")
      ->type_name("FILE.pt");
}

void add_strategy_flags(CLI::App& command, Flags& flags,
                        const std::string& help) {
  command.add_option("--strategy", flags.strategy, help)->type_name("NAME");
  command
      .add_option("--param", flags.params,
                  "An option of the strategy; can be repeated")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
}

void add_choice_flags(CLI::App& command, Flags& flags) {
  add_strategy_flags(command, flags,
                     "How to choose; see: quarry list strategies");
  command.add_option("--budget", flags.budget, "How many samples to pick")
      ->check(whole_number(1))
      ->type_name("N");
  command
      .add_option("--ties", flags.ties,
                  "Order of equal scores: by the seeded hash of the id, or by "
                  "index")
      ->check(one_of({"hash", "index"}))
      ->capture_default_str()
      ->type_name("hash|index");
}

void add_config_flag(CLI::App& command, Flags& flags) {
  command
      .add_option("--config", flags.config,
                  "YAML with a key for every flag; the command line wins")
      ->type_name("FILE")
      ->group(common);
}

void add_threads_flag(CLI::App& command, Flags& flags) {
  command.add_option("--threads", flags.threads, "0: all cores")
      ->check(whole_number())
      ->capture_default_str()
      ->type_name("N")
      ->group(common);
}

void add_executors_flag(CLI::App& command, Flags& flags) {
  command
      .add_option(
          "--executors", flags.executors,
          "Batches inferred at once, which share the threads; auto: "
          "what is fastest, which is measured (as many as threads; on a "
          "GPU 2)")
      ->type_name("N|auto")
      ->group(common);
}

void add_model_timeout_flag(CLI::App& command, Flags& flags) {
  command
      .add_option("--model-timeout", flags.model_timeout,
                  "End the run when the model has batches and gives none back "
                  "for so many seconds; 0: wait")
      ->check(number_up_to(1e6))
      ->capture_default_str()
      ->type_name("SECONDS")
      ->group(common);
}

void add_trace_flag(CLI::App& command, Flags& flags) {
  command
      .add_option(
          "--trace", flags.trace,
          "Writes what every worker did when, in Chrome's trace format, "
          "for ui.perfetto.dev")
      ->type_name("FILE")
      ->group(common);
}

void add_workspace_flag(CLI::App& command, Flags& flags) {
  command
      .add_option("--workspace", flags.workspace,
                  "Where predictions and copies of fetched objects are kept "
                  "between runs, and during one what is too large for memory; "
                  "not part of the pool")
      ->capture_default_str()
      ->type_name("DIR")
      ->group(common);
}

void add_cache_flags(CLI::App& command, Flags& flags) {
  add_workspace_flag(command, flags);
  command
      .add_option("--cache", flags.cache,
                  "Predictions of select and score (on by default), and copies "
                  "of what is fetched over a network (off by default): on uses "
                  "and keeps them, read only uses, write makes all anew and "
                  "keeps it")
      ->check(one_of({"on", "off", "read", "write"}))
      ->type_name("on|off|read|write")
      ->group(common);
  takes_bytes(
      command.add_option("--cache-size", flags.cache_bytes,
                         "The most that either may take on disk: 500MB, 16GiB"),
      "16GiB")
      ->group(common);
  command
      .add_flag("--offline", flags.offline,
                "Touch no network: read the copies that are kept, whatever "
                "--cache says")
      ->group(common);
}

void add_error_flags(CLI::App& command, Flags& flags) {
  command
      .add_option("--on-error", flags.on_error, "What to do about a bad sample")
      ->check(one_of({"skip", "stop"}))
      ->capture_default_str()
      ->type_name("skip|stop")
      ->group(common);
  command
      .add_option("--max-bad", flags.max_bad,
                  "Give up when more than this fraction of the pool is bad")
      ->check(number_up_to(1.0))
      ->capture_default_str()
      ->type_name("FRACTION")
      ->group(common);
}

void add_dry_run_flag(CLI::App& command, Flags& flags) {
  command
      .add_flag("--dry-run", flags.dry_run,
                "Say what the run would read, take and write, and stop")
      ->group(common);
}

void add_passes_flag(CLI::App& command, Flags& flags, const std::string& help) {
  command.add_option("--passes", flags.passes, help)
      ->check(whole_number(1))
      ->type_name("K");
}

void add_common_flags(CLI::App& command, Flags& flags) {
  add_config_flag(command, flags);
  command.add_option("--seed", flags.seed, "Seed of all randomness")
      ->check(whole_number())
      ->capture_default_str()
      ->type_name("N")
      ->group(common);
  command
      .add_option("--labelled", flags.labelled,
                  "Ids that are labelled already, with labels where known "
                  "(.jsonl, .csv, .txt, or .npy of rows)")
      ->type_name("FILE")
      ->group(common);
  command.add_option("--device", flags.device, "auto, cpu, cuda or cuda:i")
      ->capture_default_str()
      ->type_name("DEVICE")
      ->group(common);
  add_threads_flag(command, flags);
  command
      .add_option("--batch", flags.batch,
                  "Samples in a batch; auto: as many as make it faster, which "
                  "is measured")
      ->capture_default_str()
      ->type_name("N|auto")
      ->group(common);
  command
      .add_option("--precision", flags.precision,
                  "What the model computes in; auto: the fastest, which is "
                  "measured")
      ->check(one_of({"fp32", "bf16", "fp16", "auto"}))
      ->capture_default_str()
      ->type_name("fp32|bf16|fp16|auto")
      ->group(common);
  add_error_flags(command, flags);
  add_cache_flags(command, flags);
  add_dry_run_flag(command, flags);
}

void add_out_flag(CLI::App& command, Flags& flags, const std::string& help) {
  command.add_option("--out", flags.out, help)->type_name("DIR");
}

void add_output_flags(CLI::App& command, Flags& flags) {
  command
      .add_flag("--quiet", flags.quiet, "No progress and no notes on stderr")
      ->group(common);
  command
      .add_flag("--json", flags.json,
                "One JSON document on stdout and nothing else there")
      ->group(common);
}

void expect_given(const std::string& value, const CLI::App& command,
                  const std::string& flag) {
  if (!value.empty()) return;
  raise("cli.missing",
        fmt::format("quarry {} needs {}", command.get_name(), flag),
        fmt::format("see quarry {} --help", command.get_name()));
}

void expect_model(const Flags& flags, const CLI::App& command) {
  expect_given(flags.models.empty() ? "" : flags.models.front(), command,
               "--model FILE.pt");
}

std::size_t budget_of(const Flags& flags, const CLI::App& command) {
  if (!flags.budget) expect_given("", command, "--budget N");
  return *flags.budget;
}

std::size_t threads_of(const Flags& flags) {
  return flags.threads != 0
             ? flags.threads
             : static_cast<std::size_t>(tbb::info::default_concurrency());
}

Ties ties_of(const Flags& flags) {
  return flags.ties == "index" ? Ties::index : Ties::hash;
}

std::size_t executors_of(const Flags& flags) {
  if (flags.executors.empty()) return threads_of(flags);
  return number_or_auto("--executors", flags.executors, threads_of(flags));
}

std::size_t batch_of(const Flags& flags) {
  return number_or_auto("--batch", flags.batch, PipelineOptions{}.batch);
}

void expect_cache_flags(const Flags& flags) {
  if (flags.offline && flags.cache == "write") {
    raise("cli.value", "--offline fetches nothing, and --cache write all",
          "leave one of them out");
  }
  if (flags.workspace.empty()) {
    raise("cli.value", "--workspace is empty",
          "name a folder, or leave it out");
  }
}

ByteCacheOptions byte_cache_options(const Flags& flags) {
  ByteCacheOptions cache;
  if (!use_cache(flags, "bytes", "off", cache) && !flags.offline) return cache;
  cache.directory = fs::path(flags.workspace) / "bytes";
  cache.offline = flags.offline;
  return cache;
}

PredictionCacheOptions prediction_cache_options(const Flags& flags) {
  PredictionCacheOptions cache;
  use_cache(flags, "predictions", "on", cache);
  return cache;
}

Precision precision_of(const Flags& flags) {
  for (const Precision each :
       {Precision::bf16, Precision::fp16, Precision::automatic}) {
    if (flags.precision == name_of(each)) return each;
  }
  return Precision::fp32;
}

ErrorPolicy error_policy(const Flags& flags) {
  return {.on_error = flags.on_error == "stop" ? OnError::stop : OnError::skip,
          .max_bad = flags.max_bad};
}

PipelineOptions pipeline_options(const Flags& flags) {
  PipelineOptions options;
  options.batch = batch_of(flags);
  options.threads = flags.threads;
  options.executors = executors_of(flags);
  options.seed = flags.seed;
  options.ties = ties_of(flags);
  options.errors = error_policy(flags);
  options.passes = flags.passes.value_or(options.passes);
  options.trace = flags.trace;
  options.scratch = flags.workspace;
  options.model_timeout = flags.model_timeout;
  return options;
}

std::vector<std::string> idle_flags(const CLI::App& command,
                                    std::span<const std::string> idle) {
  std::vector<std::string> given;
  for (const std::string& flag : idle) {
    const CLI::Option* option = command.get_option_no_throw(flag);
    if (option != nullptr && option->count() != 0) given.push_back(flag);
  }
  return given;
}

}  // namespace quarry::cli
