#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <CLI/CLI.hpp>

#include "quarry/model/precision.hpp"
#include "quarry/net/byte_cache_options.hpp"
#include "quarry/net/network_options.hpp"
#include "quarry/pipeline/options.hpp"

namespace quarry::cli {

/// Everything a command line or a configuration file can say. What a command
/// does not take keeps its default.
struct Flags {
  // The pool.
  std::string data;
  std::string labels_from;
  std::string image_feature;
  std::string label_feature;
  std::string ca_file;
  std::size_t connections = NetworkOptions{}.max_per_host;
  bool netrc = false;
  bool s3_anonymous = false;
  std::string labelled;
  std::string on_error = "skip";
  double max_bad = 0.1;

  // The model and how it runs.
  std::vector<std::string> models;  ///< several: a committee
  std::string device = "auto";
  std::string precision = "fp32";
  std::string batch = "128";
  std::size_t threads = 0;
  std::string executors = {};  ///< empty: as the model has it
  std::optional<std::size_t> passes;
  double model_timeout = 3600.0;  ///< seconds

  // The choice.
  std::string strategy;
  std::vector<std::string> params;
  std::optional<std::size_t> budget;
  std::string ties = "hash";
  std::uint64_t seed = 0;

  // Arrays, for rank.
  std::string probs;
  std::string probs_mc;
  std::string embeddings;
  std::string labels;
  std::string samples;
  std::vector<std::string> inputs;

  // Training.
  std::string net = "small_cnn";
  std::size_t size = 32;
  std::size_t epochs = 20;
  double learning_rate = 0.05;
  double dropout = 0.0;
  double validation = 0.1;
  bool no_flip = false;
  std::size_t crop_padding = 4;

  // Packing.
  std::string to;
  std::uint64_t shard_bytes = 256'000'000;
  std::size_t shard_samples = 0;
  std::string shard_name = "pool";

  // The demo.
  std::size_t demo_samples = 2000;
  std::size_t demo_labels = 200;

  // What comes out.
  std::string out;
  std::string trace;
  bool dry_run = false;
  bool quiet = false;
  bool json = false;

  // The rest.
  std::string config;
  std::string workspace = ".quarry";
  std::string cache_action = "stats";
  std::string cache = {};  ///< empty: predictions on, copies off
  bool offline = false;
  std::uint64_t cache_bytes = ByteCacheOptions{}.max_bytes;
  std::string what;  ///< of `list`
};

/// The whole number that `text` is and nothing besides; empty when it is none
/// or does not fit.
template <std::integral T>
std::optional<T> whole_in(std::string_view text) {
  T value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

/// Accepts whole numbers from `low` on, up to `high` if there is one.
CLI::Validator whole_number(std::uint64_t low = 0,
                            std::optional<std::uint64_t> high = std::nullopt);

/// Accepts finite numbers from 0 to `high`.
CLI::Validator number_up_to(double high);

/// Accepts these words.
CLI::Validator one_of(std::vector<std::string> words);

/// The option takes a number of bytes, at least 1: 1000, 256MB, 1GiB.
CLI::Option* takes_bytes(CLI::Option* option, const std::string& by_default);

// Each adds a group of flags to a command.

void add_pool_flags(CLI::App& command, Flags& flags);
void add_model_flags(CLI::App& command, Flags& flags);
/// `--strategy` and its `--param`s.
void add_strategy_flags(CLI::App& command, Flags& flags,
                        const std::string& help);
void add_choice_flags(CLI::App& command, Flags& flags);
void add_passes_flag(CLI::App& command, Flags& flags, const std::string& help);
void add_common_flags(CLI::App& command, Flags& flags);
// Of the common flags, those that most commands have a use for:
void add_config_flag(CLI::App& command, Flags& flags);
void add_trace_flag(CLI::App& command, Flags& flags);
void add_threads_flag(CLI::App& command, Flags& flags);
void add_executors_flag(CLI::App& command, Flags& flags);
void add_model_timeout_flag(CLI::App& command, Flags& flags);
void add_workspace_flag(CLI::App& command, Flags& flags);
void add_cache_flags(CLI::App& command, Flags& flags);
void add_error_flags(CLI::App& command, Flags& flags);
void add_dry_run_flag(CLI::App& command, Flags& flags);
void add_out_flag(CLI::App& command, Flags& flags, const std::string& help);
void add_output_flags(CLI::App& command, Flags& flags);

/// Raises `cli.missing` when there is no `--model`.
void expect_model(const Flags& flags, const CLI::App& command);

/// Raises `cli.missing`, naming the flag, when `value` is empty.
void expect_given(const std::string& value, const CLI::App& command,
                  const std::string& flag);
/// The budget; raises `cli.missing` when there is none.
std::size_t budget_of(const Flags& flags, const CLI::App& command);

/// The number behind `--threads`: all cores for 0.
std::size_t threads_of(const Flags& flags);
/// The number behind `--executors`: that of threads for auto and where it was
/// not given; raises `cli.value`.
std::size_t executors_of(const Flags& flags);
Ties ties_of(const Flags& flags);
/// The number behind `--batch`, the default for auto; raises `cli.value`.
std::size_t batch_of(const Flags& flags);
/// Raises `cli.value` for flags of the cache that cannot be meant.
void expect_cache_flags(const Flags& flags);
/// What is kept of objects that are fetched, and where; nothing new by a dry
/// run, which changes nothing on disk.
ByteCacheOptions byte_cache_options(const Flags& flags);
/// The same of predictions.
PredictionCacheOptions prediction_cache_options(const Flags& flags);
Precision precision_of(const Flags& flags);
/// What `--on-error` and `--max-bad` say.
ErrorPolicy error_policy(const Flags& flags);
/// What `flags` say about a run. Raises `cli.value`.
PipelineOptions pipeline_options(const Flags& flags);

/// What the flags that have no effect on this command, or none in this version,
/// were given for nothing.
std::vector<std::string> idle_flags(const CLI::App& command,
                                    std::span<const std::string> idle);

}  // namespace quarry::cli
