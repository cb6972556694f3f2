#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "quarry/core/json.hpp"
#include "quarry/net/network_stats.hpp"
#include "quarry/pipeline/selection.hpp"
#include "quarry/report/report.hpp"

#include "flags/options.hpp"

namespace quarry::cli {

/// What a run was asked for, beside what `RunSummary` knows.
struct Asked {
  std::string command;
  std::string strategy = {};
  Json params = Json::object();
  std::size_t budget = 0;
  std::string device = "cpu";
  std::string precision = "fp32";
  std::size_t batch = 0;
  std::size_t threads_per_executor = 1;
  NetworkStats network = {};
};

/// The document that `select` and `rank` print with `--json`.
Json selection_document(const Asked& asked, const Selection& selection);
/// What `score` prints: the same without picks.
Json score_document(const Asked& asked, const ScoredPool& pool);

/// What the hosts did, as a table of the report.
ReportTable network_table(const NetworkStats& network);

/// Prints the document as one line on stdout.
void print_json(const Json& document);
/// Prints the first picks as a table on stdout.
void print_picks(const Selection& selection);

/// Writes selection.jsonl, summary.json, timeline.jsonl, failures.jsonl and
/// report.html into the folder, which is made if it is not there. Raises
/// `file.write`.
void write_selection(const std::filesystem::path& folder, const Asked& asked,
                     const Selection& selection, ReportOptions report);
/// About how many bytes that is, thumbnails left out.
std::size_t bytes_of_selection(std::size_t picks);
/// Writes failures.jsonl: every bad sample, a line each.
void write_failures(const std::filesystem::path& folder,
                    std::span<const BadSample> failures);
/// The first hundred of them, for a document.
Json failures_json(std::span<const BadSample> failures);
/// How often each error id came.
Json failures_by_kind(std::span<const BadSample> failures);
/// Adds what the hosts did and the cache could not; nothing for a pool that is
/// here.
void add_network(Json& document, const NetworkStats& network);
/// Writes failures.jsonl, timeline.jsonl and summary.json.
void write_summary(const std::filesystem::path& folder, Json document,
                   const RunSummary& run);
/// Makes the folder; raises `cli.out`.
void make_folder(const std::filesystem::path& folder);

}  // namespace quarry::cli
