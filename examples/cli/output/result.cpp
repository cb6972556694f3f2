#include "output/result.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <system_error>

#include <fmt/format.h>

#include "quarry/core/error.hpp"
#include "quarry/core/file.hpp"
#include "quarry/net/network_json.hpp"

#include "output/terminal.hpp"

namespace quarry::cli {
namespace {

constexpr std::size_t failures_in_document = 100;
constexpr std::size_t picks_in_table = 20;
constexpr std::size_t bytes_a_pick = 600;
constexpr std::size_t bytes_of_report = 300'000;

Json pick_json(const Pick& pick) {
  return {{"rank", pick.rank},
          {"index", pick.index},
          {"id", pick.id},
          {"uri", pick.uri},
          {"score", finite_or_null(pick.score)}};
}

Json failure_json(const BadSample& bad) {
  return {{"index", bad.index},
          {"id", bad.id},
          {"error", bad.failure.id.text()},
          {"message", bad.failure.message}};
}

Json run_settings(const Asked& asked, const RunSummary& run) {
  Json settings = {{"seed", run.seed},
                   {"ties", run.ties == Ties::hash ? "hash" : "index"},
                   {"device", asked.device},
                   {"precision", asked.precision},
                   {"batch", asked.batch},
                   {"threads", run.threads}};
  if (run.executors != 0) {
    settings["executors"] = run.executors;
    settings["threads_per_executor"] = asked.threads_per_executor;
  }
  if (run.passes != 0) settings["passes"] = run.passes;
  return settings;
}

void add_outcome(Json& document, const RunSummary& run) {
  document["pool"] = {
      {"samples", run.samples}, {"scored", run.scored}, {"failed", run.failed}};
  document["predictions"] = {{"cached", run.cached},
                             {"from_embeddings", run.from_embeddings},
                             {"kept", run.kept}};
  document["failures"] = failures_json(run.failures);
  Json busy = Json::object();
  for (const StageTime& stage : run.stages) busy[stage.stage] = stage.busy;
  document["seconds"] = {{"total", run.seconds}, {"busy", std::move(busy)}};
  document["throughput"] = finite_or_null(run.throughput());
  document["bottleneck"] = run.bottleneck();
}

/// One number of every slot, to three places.
Json series(const StageTime& stage, float StageSlot::*number) {
  Json values = Json::array();
  for (const StageSlot& slot : stage.timeline) {
    values.push_back(std::round(1e3 * double{slot.*number}) / 1e3);
  }
  return values;
}

Json timeline_json(const StageTime& stage, double slot_seconds) {
  return {{"stage", stage.stage},
          {"slot_seconds", slot_seconds},
          {"busy", series(stage, &StageSlot::busy)},
          {"starved", series(stage, &StageSlot::starved)},
          {"blocked", series(stage, &StageSlot::blocked)},
          {"queued", series(stage, &StageSlot::queued)}};
}

Json stages_json(const RunSummary& run) {
  Json stages = Json::array();
  for (const StageTime& stage : run.stages) {
    stages.push_back({{"stage", stage.stage},
                      {"busy", stage.busy},
                      {"starved", stage.starved},
                      {"blocked", stage.blocked},
                      {"workers", stage.workers},
                      {"items", stage.items},
                      {"cpu", stage.cpu}});
  }
  return stages;
}

/// So that a terminal shows a name and does nothing else with it.
std::string printable(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  return text;
}

std::string score_text(double score) {
  return std::isfinite(score) ? fmt::format("{:.6g}", score) : "-";
}

}  // namespace

Json failures_json(std::span<const BadSample> failures) {
  Json first = Json::array();
  for (const BadSample& bad :
       failures.first(std::min(failures_in_document, failures.size()))) {
    first.push_back(failure_json(bad));
  }
  return first;
}

Json failures_by_kind(std::span<const BadSample> failures) {
  std::map<std::string_view, std::size_t> kinds;
  for (const BadSample& bad : failures) ++kinds[bad.failure.id.text()];
  Json json = Json::object();
  for (const auto& [id, count] : kinds) json[std::string(id)] = count;
  return json;
}

void add_network(Json& document, const NetworkStats& network) {
  if (!network.hosts.empty()) document["network"] = to_json(network);
  if (network.cache_failures.empty()) return;
  Json failures = Json::array();
  for (const Failure& failure : network.cache_failures) {
    failures.push_back(
        {{"error", failure.id.text()}, {"message", failure.message}});
  }
  document["cache_failures"] = std::move(failures);
}

Json selection_document(const Asked& asked, const Selection& selection) {
  Json document = {{"schema_version", 1},
                   {"command", asked.command},
                   {"strategy", asked.strategy},
                   {"params", asked.params},
                   {"budget", asked.budget}};
  document.update(run_settings(asked, selection.run));
  document["stopped"] = name_of(selection.stopped);
  Json picks = Json::array();
  for (const Pick& pick : selection) picks.push_back(pick_json(pick));
  document["picks"] = std::move(picks);
  add_outcome(document, selection.run);
  add_network(document, asked.network);
  return document;
}

Json score_document(const Asked& asked, const ScoredPool& pool) {
  Json document = {{"schema_version", 1}, {"command", asked.command}};
  document.update(run_settings(asked, pool.run));
  document["stopped"] = name_of(pool.stopped);
  document["classes"] = pool.classes;
  document["embedding_dim"] = pool.embeddings.cols();
  add_outcome(document, pool.run);
  add_network(document, asked.network);
  return document;
}

ReportTable network_table(const NetworkStats& network) {
  ReportTable table{
      .title = "What the hosts did",
      .note =
          "Half of the answers came within p50, all but one in a hundred "
          "within p99. Kept: objects that were not sent again.",
      .columns = {"Host", "Answers", "Kept", "MB", "Connections", "Reused",
                  "Tried again", "Throttled", "Failed", "p50", "p99"},
      .rows = {}};
  for (const HostStats& host : network.hosts) {
    table.rows.push_back(
        {host.host, with_commas(host.answers), with_commas(host.cached),
         fmt::format("{:.1f}", static_cast<double>(host.bytes) / 1e6),
         with_commas(host.connections), with_commas(host.reused),
         with_commas(host.retries + host.hedges), with_commas(host.throttled),
         with_commas(host.failed), fmt::format("{:.1f} ms", 1e3 * host.p50),
         fmt::format("{:.1f} ms", 1e3 * host.p99)});
  }
  return table;
}

void print_json(const Json& document) {
  fmt::print("{}\n", to_line(document));
}

void print_picks(const Selection& selection) {
  const std::size_t rows = std::min(selection.size(), picks_in_table);
  const bool predicted =
      std::any_of(selection.begin(), selection.end(),
                  [](const Pick& pick) { return pick.predicted >= 0; });
  std::size_t width = 6;
  for (std::size_t i = 0; i < rows; ++i)
    width = std::max(width, selection[i].id.size());
  width = std::min<std::size_t>(width, 60);
  const auto name = [&](const Pick& pick) {
    const auto i = static_cast<std::size_t>(pick.predicted);
    return pick.predicted < 0             ? std::string("-")
           : i < selection.classes.size() ? printable(selection.classes[i])
                                          : fmt::format("{}", i);
  };
  fmt::print("{:>6}  {:>12}  {:<{}}{}\n", "rank", "score", "sample",
             predicted ? width : 0, predicted ? "  predicted" : "");
  for (std::size_t i = 0; i < rows; ++i) {
    const Pick& pick = selection[i];
    fmt::print("{:>6}  {:>12}  {:<{}}", pick.rank, score_text(pick.score),
               printable(pick.id), predicted ? width : 0);
    if (predicted)
      fmt::print("  {} ({:.0f} %)", name(pick), 100.0 * pick.confidence);
    fmt::print("\n");
  }
  if (rows < selection.size()) {
    fmt::print("   … and {} more (--json prints all, --out DIR writes them)\n",
               with_commas(selection.size() - rows));
  }
}

void make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error || !std::filesystem::is_directory(folder)) {
    raise("cli.out",
          fmt::format("--out {}: {}", folder.string(),
                      error ? error.message() : "it is not a directory"),
          "name a directory that can be written");
  }
}

std::size_t bytes_of_selection(std::size_t picks) {
  return picks * bytes_a_pick + bytes_of_report;
}

void write_failures(const std::filesystem::path& folder,
                    std::span<const BadSample> failures) {
  std::string lines;
  for (const BadSample& bad : failures)
    lines += to_line(failure_json(bad)) + "\n";
  write_file(folder / "failures.jsonl", lines);
}

void write_summary(const std::filesystem::path& folder, Json document,
                   const RunSummary& run) {
  write_failures(folder, run.failures);
  document.erase("failures");
  document["failures_by_kind"] = failures_by_kind(run.failures);
  document["candidates"] = run.candidates;
  document["stages"] = stages_json(run);
  document["cpu_seconds"] = run.cpu;
  document["cores"] = run.cores;
  document["bytes_read"] = run.bytes_read;
  document["peak_memory"] = run.peak_memory;
  document["notes"] = run.notes;
  std::string lines;
  for (const StageTime& stage : run.stages)
    lines += to_line(timeline_json(stage, run.slot_seconds)) + "\n";
  write_file(folder / "timeline.jsonl", lines);
  write_json(folder / "summary.json", document);
}

void write_selection(const std::filesystem::path& folder, const Asked& asked,
                     const Selection& selection, ReportOptions report) {
  make_folder(folder);
  std::string lines;
  for (const Pick& pick : selection) {
    Json line = pick_json(pick);
    if (pick.predicted >= 0) {
      const auto i = static_cast<std::size_t>(pick.predicted);
      line["predicted"] = i < selection.classes.size()
                              ? selection.classes[i]
                              : std::to_string(pick.predicted);
      line["confidence"] = finite_or_null(pick.confidence);
    }
    lines += to_line(line) + "\n";
  }
  write_file(folder / "selection.jsonl", lines);
  Json document = selection_document(asked, selection);
  document.erase("picks");
  document["picked"] = selection.size();
  write_summary(folder, std::move(document), selection.run);
  report.strategy = asked.strategy;
  write_report(folder / "report.html", selection, report);
}

}  // namespace quarry::cli
