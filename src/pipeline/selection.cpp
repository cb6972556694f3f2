#include "quarry/pipeline/selection.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/bad_samples.hpp"
#include "core/numbers.hpp"

namespace quarry {

namespace {

using detail::counted;
using detail::fixed;
using detail::grouped;

std::string rate(double samples_a_second) {
  return grouped(static_cast<std::size_t>(std::llround(samples_a_second))) +
         "/s";
}

/// "9,990 of 10,000 samples in 4.1 s (2,437/s)", then what is out of the usual.
std::string account(const RunSummary& run, Stopped stopped) {
  std::string text =
      grouped(run.scored) + " of " + counted(run.samples, "sample") + " in " +
      fixed(run.seconds, 1) + " s (" + rate(run.throughput()) + ")";
  if (run.cached != 0) text += ", " + grouped(run.cached) + " from the cache";
  if (run.from_embeddings != 0) {
    text += ", " + grouped(run.from_embeddings) + " by the model's head alone";
  }
  if (run.failed != 0) text += ", " + grouped(run.failed) + " failed";
  if (stopped == Stopped::cancelled) text += ", cancelled";
  return text;
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.insert(0, width - text.size(), ' ');
  return text;
}

std::string line(const StageTime& stage, double seconds) {
  std::string name(stage.stage);
  name.resize(std::max<std::size_t>(name.size(), 8), ' ');
  return "  " + name + padded(fixed(stage.busy, 2), 8) + " s busy" +
         padded(fixed(100.0 * stage.occupancy(seconds), 0), 5) + " % of " +
         counted(stage.workers, "worker") + ", starved " +
         fixed(stage.starved, 2) + " s, blocked " + fixed(stage.blocked, 2) +
         " s, " + counted(stage.items, "item") + "\n";
}

std::string details(const RunSummary& run) {
  std::string text;
  for (const StageTime& stage : run.stages) text += line(stage, run.seconds);
  const std::string bottleneck = run.bottleneck();
  if (!bottleneck.empty()) text += "  " + bottleneck + "\n";
  if (run.cores != 0) {
    text += "  " + fixed(run.cpu, 2) + " s of CPU on " +
            counted(run.cores, "core") + "\n";
  }
  text += "  read " + fixed(static_cast<double>(run.bytes_read) / 1e6, 1) +
          " MB, peak memory " +
          fixed(static_cast<double>(run.peak_memory) / 1e6, 0) + " MB, seed " +
          std::to_string(run.seed) + ", batch " + std::to_string(run.batch) +
          ", " + counted(run.threads, "thread") + "\n";
  if (run.failed != 0) {
    text += "  failed: " + detail::by_kind(run.failures) + "\n";
  }
  for (const std::string& note : run.notes) text += "  note: " + note + "\n";
  return text;
}

}  // namespace

std::string_view name_of(Stopped stopped) noexcept {
  switch (stopped) {
    case Stopped::budget_met:
      return "budget_met";
    case Stopped::pool_exhausted:
      return "pool_exhausted";
    case Stopped::cancelled:
      break;
  }
  return "cancelled";
}

double RunSummary::throughput() const noexcept {
  return seconds > 0.0 ? static_cast<double>(scored) / seconds : 0.0;
}

std::string Selection::brief_report() const {
  return counted(picks.size(), "pick") + " from " + account(run, stopped);
}

std::string Selection::full_report() const {
  return brief_report() + "\n" + details(run);
}

std::string ScoredPool::brief_report() const {
  return "scored " + account(run, stopped);
}

std::string ScoredPool::full_report() const {
  return brief_report() + "\n" + details(run);
}

}  // namespace quarry
