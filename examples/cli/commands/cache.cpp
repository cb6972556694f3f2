// quarry cache: what earlier runs have kept.
#include <algorithm>
#include <chrono>
#include <filesystem>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "quarry/core/error.hpp"
#include "quarry/core/json.hpp"
#include "quarry/net/byte_cache_contents.hpp"
#include "quarry/pipeline/prediction_cache.hpp"

#include "commands/commands.hpp"
#include "output/result.hpp"
#include "output/table.hpp"

namespace quarry::cli {
namespace {

namespace fs = std::filesystem;

struct Folders {
  fs::path predictions;
  fs::path copies;
};

Folders folders_of(const Flags& flags) {
  const fs::path workspace = flags.workspace;
  return {workspace / "predictions", workspace / "bytes"};
}

std::string moment(fs::file_time_type time) {
  const auto since = std::chrono::file_clock::to_sys(time);
  const std::time_t seconds = std::chrono::system_clock::to_time_t(
      std::chrono::time_point_cast<std::chrono::seconds>(since));
  return fmt::format("{:%Y-%m-%d %H:%M}", fmt::localtime(seconds));
}

struct Contents {
  std::vector<KeptPredictions> predictions;
  ByteCacheContents copies;

  std::uint64_t samples() const {
    std::uint64_t sum = 0;
    for (const KeptPredictions& kept : predictions)
      if (kept.classes != 0) sum += kept.samples;
    return sum;
  }
  double bytes() const {
    double sum = 0.0;
    for (const KeptPredictions& kept : predictions)
      sum += static_cast<double>(kept.bytes);
    return sum;
  }
  /// Rows and copies, and recipes that cannot be read.
  std::uint64_t damaged() const {
    std::uint64_t sum = copies.damaged;
    for (const KeptPredictions& kept : predictions)
      sum += kept.damaged + (kept.model.empty() ? 1 : 0);
    return sum;
  }
};

Contents look_at(const Folders& folders, bool verify) {
  Contents contents{inspect_prediction_cache(folders.predictions, verify), {}};
  try {
    contents.copies = inspect_byte_cache(folders.copies, verify);
  } catch (const Error&) {
    contents.copies.damaged = 1;  // the index
  }
  return contents;
}

Json to_json(const Contents& contents, const Flags& flags, bool verify) {
  Json recipes = Json::array();
  for (const KeptPredictions& kept : contents.predictions) {
    recipes.push_back({{"folder", kept.folder.string()},
                       {"model", kept.model},
                       {"computes_with", kept.computes_with},
                       {"batch", kept.batch},
                       {"classes", kept.classes},
                       {"features", kept.features},
                       {"passes", kept.passes},
                       {"samples", kept.samples},
                       {"bytes", kept.bytes}});
    if (verify) recipes.back()["damaged"] = kept.damaged;
  }
  Json copies = {{"copies", contents.copies.copies},
                 {"bytes", contents.copies.bytes}};
  if (verify) copies["damaged"] = contents.copies.damaged;
  return {{"schema_version", 1},
          {"command", "cache"},
          {"workspace", flags.workspace},
          {"predictions", std::move(recipes)},
          {"copies", std::move(copies)}};
}

void print(const Contents& contents, const Folders& folders) {
  fmt::print("predictions  {} samples, {} in {}\n",
             with_commas(contents.samples()), megabytes(contents.bytes()),
             folders.predictions.string());
  fmt::print("copies       {} objects, {} in {}\n",
             with_commas(contents.copies.copies),
             megabytes(static_cast<double>(contents.copies.bytes)),
             folders.copies.string());
  if (contents.predictions.empty()) return;
  std::vector<std::vector<std::string>> rows = {{"model", "kept", "samples",
                                                 "size", "batch", "passes",
                                                 "last kept", "with"}};
  for (const KeptPredictions& kept : contents.predictions) {
    // Embeddings apart are those of a network, whatever its last layer is.
    const bool known = !kept.model.empty();
    rows.push_back({known ? kept.model : "cannot be read",
                    !known              ? "-"
                    : kept.classes == 0 ? "embeddings"
                                        : "predictions",
                    with_commas(kept.samples),
                    megabytes(static_cast<double>(kept.bytes)),
                    fmt::format("{}", kept.batch),
                    kept.passes == 0 ? "-" : fmt::format("{}", kept.passes),
                    moment(kept.used), kept.computes_with});
  }
  fmt::print("\n{}", aligned(rows));
}

ExitCode show(const Call& call, bool verify) {
  const Folders folders = folders_of(call.flags);
  const Contents contents = look_at(folders, verify);
  if (call.flags.json) {
    print_json(to_json(contents, call.flags, verify));
  } else {
    print(contents, folders);
  }
  if (!verify) return done;
  const std::uint64_t damaged = contents.damaged();
  call.terminal.say(
      damaged == 0
          ? "all of it is sound"
          : fmt::format(
                "damaged: {}; the next run that needs them makes these anew",
                with_commas(damaged)));
  return damaged == 0 ? done : data_error;
}

ExitCode clear(const Call& call) {
  const Folders folders = folders_of(call.flags);
  const Contents before = look_at(folders, false);
  const std::size_t in_use = clear_prediction_cache(folders.predictions);
  clear_byte_cache(folders.copies);
  const Contents after = look_at(folders, false);
  if (in_use != 0) {
    call.terminal.note(
        fmt::format("{} of the models' predictions are being written by a run, "
                    "and stay",
                    in_use));
  }
  if (call.flags.json) {
    print_json(to_json(after, call.flags, false));
    return done;
  }
  // A run may keep more meanwhile.
  const auto gone = [](std::uint64_t from, std::uint64_t to) {
    return from - std::min(from, to);
  };
  fmt::print("removed {} predictions and {} copies\n",
             with_commas(gone(before.samples(), after.samples())),
             with_commas(gone(before.copies.copies, after.copies.copies)));
  return done;
}

ExitCode cache(const Call& call) {
  if (call.flags.cache_action == "clear") return clear(call);
  return show(call, call.flags.cache_action == "verify");
}

}  // namespace

Command cache_command(CLI::App& program, Flags& flags) {
  CLI::App* app = program.add_subcommand(
      "cache", "What earlier runs have kept: stats, verify or clear");
  app->add_option("action", flags.cache_action,
                  "stats: what there is; verify: reads all of it and holds it "
                  "against its digests; clear: removes it")
      ->check(one_of({"stats", "verify", "clear"}))
      ->capture_default_str()
      ->type_name("stats|verify|clear");
  add_workspace_flag(*app, flags);
  add_output_flags(*app, flags);
  app->footer("Example:\n  quarry cache verify --workspace .quarry");
  return {app, cache};
}

}  // namespace quarry::cli
