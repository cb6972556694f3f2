#include <algorithm>
#include <string>
#include <vector>

#include "quarry/pipeline/selection.hpp"

#include "core/numbers.hpp"

namespace quarry {

namespace {

using detail::counted;
using detail::fixed;

// From here on cores, a stage, are called busy; from here on a choice is worth
// a word.
constexpr double all_busy = 0.9;
constexpr double half_busy = 0.5;
constexpr double worth_a_word = 0.05;

std::string percent(double fraction) {
  return fixed(100.0 * fraction, 0) + " %";
}

std::string bound(std::string_view stage) {
  return (stage == "infer" ? "inference" : std::string(stage)) + "-bound: ";
}

/// A name and which part of the time of all cores it took.
struct Share {
  std::string_view name;
  double part;
};

/// What the cores were busy with, the most first; what no stage accounts for
/// are threads of a source, of a model or of the application.
std::vector<Share> shares_of(const std::vector<const StageTime*>& stream,
                             double cpu, double wall) {
  std::vector<Share> shares;
  double rest = cpu;
  for (const StageTime* stage : stream) {
    shares.push_back({stage->stage, stage->cpu / wall});
    rest -= stage->cpu;
  }
  shares.push_back({"other threads", rest / wall});
  std::stable_sort(
      shares.begin(), shares.end(),
      [](const Share& a, const Share& b) { return a.part > b.part; });
  return shares;
}

/// All cores are busy: with one stage, or with several.
std::string bound_by_cores(const std::vector<Share>& shares, std::size_t cores,
                           double busy) {
  const std::string all =
      counted(cores, "core") + " " + percent(busy) + " busy";
  const Share& first = shares.front();
  if (first.part >= all_busy * busy && first.name != "other threads") {
    return bound(first.name) + all;
  }
  std::string text = "core-bound: " + all;
  for (const Share& share : shares) {
    if (share.part < worth_a_word) continue;
    text += ", ";
    text += share.name;
    text += " " + percent(share.part);
  }
  return text;
}

}  // namespace

double StageTime::occupancy(double seconds) const noexcept {
  const double whole = seconds * static_cast<double>(workers);
  return whole > 0.0 ? busy / whole : 0.0;
}

std::string RunSummary::bottleneck() const {
  // The choice comes after the stream, and has the cores to itself.
  std::vector<const StageTime*> stream;
  double choice = 0.0;
  double stream_cpu = cpu;
  for (const StageTime& stage : stages) {
    if (stage.stage == "select") {
      choice = stage.busy;
      stream_cpu -= stage.cpu;
    } else {
      stream.push_back(&stage);
    }
  }
  if (stages.empty() || !(seconds > 0.0)) return "";
  const double chosen = choice / seconds;
  if (chosen >= half_busy || stream.empty()) {
    return bound("select") + percent(chosen) + " of the time";
  }
  const double streamed = seconds - choice;
  const std::string last =
      chosen < worth_a_word
          ? ""
          : "; the choice took " + percent(chosen) + " of the time";
  const double wall = streamed * static_cast<double>(cores);
  if (wall > 0.0 && stream_cpu >= all_busy * wall) {
    return bound_by_cores(shares_of(stream, stream_cpu, wall), cores,
                          std::min(1.0, stream_cpu / wall)) +
           last;
  }
  const StageTime& limit = **std::max_element(
      stream.begin(), stream.end(),
      [&](const StageTime* a, const StageTime* b) {
        return a->occupancy(streamed) < b->occupancy(streamed);
      });
  const double busy = limit.occupancy(streamed);
  if (busy >= half_busy)
    return bound(limit.stage) + percent(busy) + " busy" + last;
  return "nothing is busy throughout: " + std::string(limit.stage) + " most, " +
         percent(busy) + last;
}

}  // namespace quarry
