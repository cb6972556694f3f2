#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "report/sections.hpp"
#include "report/text.hpp"

namespace quarry::report {
namespace {

/// One number of a slot.
using Height = double (*)(const StageSlot&);

/// The area under steps, a slot wide each, as a path in a view `width` slots
/// wide and 100 high. `most` is as high as the view.
std::string steps(const StageTime& stage, Height height, double most,
                  double width, std::string_view kind) {
  std::string path;
  std::string level = "100";
  for (std::size_t i = 0; i < stage.timeline.size(); ++i) {
    const double part = std::min(1.0, height(stage.timeline[i]) / most);
    std::string next = shortest(100.0 - 100.0 * part, 3);
    if (next == level) continue;
    path += "H" + std::to_string(i) + "V" + next;
    level = std::move(next);
  }
  if (path.empty()) return "";
  return "<path class=\"" + std::string(kind) + "\" d=\"M0 100" + path + "H" +
         shortest(width, 6) + "V100Z\"/>";
}

std::string picture(std::string_view style, const std::string& label,
                    double width, const std::string& paths) {
  return "<svg class=\"" + std::string(style) + "\" viewBox=\"0 0 " +
         shortest(width, 6) +
         " 100\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"" +
         label + "\">" + paths + "</svg>\n";
}

/// What a stage's workers did, and under it how many samples waited for them.
std::string lane(const StageTime& stage, double width) {
  const auto workers =
      static_cast<double>(std::max<std::size_t>(stage.workers, 1));
  const Height busy = [](const StageSlot& s) {
    return double{s.busy};
  };
  const Height not_starved = [](const StageSlot& s) {
    return double{s.busy} + double{s.blocked};
  };
  const Height all = [](const StageSlot& s) {
    return double{s.busy} + double{s.blocked} + double{s.starved};
  };
  const Height queued = [](const StageSlot& s) {
    return double{s.queued};
  };
  double most = 0.0;
  for (const StageSlot& slot : stage.timeline) {
    most = std::max(most, queued(slot));
  }
  const std::string name = escaped(stage.stage);
  std::string html = "<div class=\"lane\"><span>" + name + "</span><span>";
  if (most >= 0.5) {
    html += "up to " +
            counted(static_cast<std::uint64_t>(std::llround(most)), "sample") +
            " waiting";
  }
  html += "</span></div>\n";
  html += picture("lane-work", name + ": workers over time", width,
                  steps(stage, all, workers, width, "starved") +
                      steps(stage, not_starved, workers, width, "blocked") +
                      steps(stage, busy, workers, width, "busy"));
  if (most < 0.5) return html;
  return html + picture("lane-queue", name + ": samples waiting over time",
                        width, steps(stage, queued, most, width, "queued"));
}

std::string over_time(const RunSummary& run) {
  const bool known =
      run.slot_seconds > 0 && std::any_of(run.stages.begin(), run.stages.end(),
                                          [](const StageTime& stage) {
                                            return !stage.timeline.empty();
                                          });
  if (!known) return "";
  std::string html =
      "<p class=\"note more\">The same over time: the workers of each stage, "
      "and "
      "under them, on a scale of its own, how many samples waited for "
      "it.</p>\n";
  for (const StageTime& stage : run.stages) {
    html += lane(stage, run.seconds / run.slot_seconds);
  }
  return html + axis("0 s", "", duration(run.seconds));
}

std::string totals(const RunSummary& run) {
  std::string html = "<div class=\"rows track\">\n";
  for (const StageTime& stage : run.stages) {
    const double whole =
        run.seconds *
        static_cast<double>(std::max<std::size_t>(stage.workers, 1));
    const std::array<Segment, 3> segments = {
        {{stage.busy / whole, "busy"},
         {stage.blocked / whole, "blocked"},
         {stage.starved / whole, "starved"}}};
    html += "<div class=\"name\">" + escaped(stage.stage) + "</div>" +
            bar(segments) + "<div class=\"num\"><b>" +
            percent(stage.occupancy(run.seconds), 0) + "</b> of " +
            counted(stage.workers, "worker") + "</div>\n";
  }
  return html + "</div>\n";
}

/// What sharing them means for what is called busy.
std::string of_cores(const RunSummary& run) {
  if (run.cores == 0) return "";
  const double used = run.cpu / (run.seconds * static_cast<double>(run.cores));
  return " The stages share " + counted(run.cores, "core") + " and used " +
         percent(std::min(1.0, used), 0) +
         " of their time: a worker that waits for a core is called busy, too. "
         "Decode and score have the same workers.";
}

}  // namespace

std::string time(const RunSummary& run) {
  if (run.stages.empty() || !(run.seconds > 0)) return "";
  std::string html = open_section(
      "Where the time went", "<b>" + escaped(run.bottleneck()) +
                                 "</b>. Each bar is the whole run, " +
                                 duration(run.seconds) + "." + of_cores(run));
  html += totals(run);
  constexpr std::array<std::pair<const char*, const char*>, 4> kinds = {
      {{"busy", "busy"},
       {"blocked", "blocked: waits for a slab or for room"},
       {"starved", "starved: waits for input"},
       {"idle", "not needed"}}};
  html += legend(kinds);
  html += over_time(run);
  html += close_section;
  return html;
}

}  // namespace quarry::report
