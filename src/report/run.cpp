#include <algorithm>
#include <map>

#include "report/sections.hpp"
#include "report/text.hpp"

namespace quarry::report {
namespace {

constexpr std::size_t first_failures = 50;

struct Kind {
  std::size_t count = 0;
  const BadSample* first = nullptr;
};

std::string fact(std::string_view name, std::string_view value) {
  return "<div><dt>" + escaped(name) + "</dt><dd><bdi>" + escaped(value) +
         "</bdi></dd></div>\n";
}

}  // namespace

std::string failures(const Selection& selection) {
  const RunSummary& run = selection.run;
  if (run.failures.empty()) {
    const bool whole = selection.stopped != Stopped::cancelled;
    return open_section("Failures",
                        whole ? "Every sample could be read and scored."
                              : "None, up to when the run was cancelled.") +
           std::string(close_section);
  }
  std::map<std::string_view, Kind> kinds;
  for (const BadSample& bad : run.failures) {
    Kind& kind = kinds[bad.failure.id.text()];
    if (kind.count++ == 0) kind.first = &bad;
  }
  std::vector<std::pair<std::string_view, Kind>> sorted(kinds.begin(),
                                                        kinds.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) {
                     return a.second.count > b.second.count;
                   });
  const double share = run.samples == 0
                           ? 0.0
                           : static_cast<double>(run.failures.size()) /
                                 static_cast<double>(run.samples);
  std::string html = open_section(
      "Failures", counted(run.failures.size(), "sample is", "samples are") +
                      " out of the run: " + percent(share, 2) +
                      " of the pool. The rest is not affected.");
  html +=
      "<div class=\"scroll\"><table><thead><tr><th>Kind</th><th>Samples</th>"
      "<th class=\"text\">For example</th></tr></thead><tbody>\n";
  for (const auto& [id, kind] : sorted) {
    html += "<tr><td class=\"kind\">" + escaped(id) + "</td><td>" +
            grouped(kind.count) + "</td><td class=\"text long\"><bdi>" +
            escaped(kind.first->failure.message) + "</bdi></td></tr>\n";
  }
  html += "</tbody></table></div>\n";
  const std::size_t shown = std::min(first_failures, run.failures.size());
  html += "<details><summary>";
  html += shown < run.failures.size()
              ? "The first " + grouped(shown) + " of " +
                    grouped(run.failures.size()) + ", by name"
              : "All of them, by name";
  html +=
      "</summary><div class=\"scroll\"><table><thead><tr>"
      "<th class=\"text\">Sample</th><th class=\"text\">Why</th></tr></thead>"
      "<tbody>\n";
  for (std::size_t i = 0; i < shown; ++i) {
    const BadSample& bad = run.failures[i];
    html += "<tr><td class=\"text long\"><bdi>" + escaped(bad.id) +
            "</bdi></td><td class=\"text long\"><span class=\"kind\">" +
            escaped(bad.failure.id.text()) + "</span> <bdi>" +
            escaped(bad.failure.message) + "</bdi></td></tr>\n";
  }
  html += "</tbody></table></div></details>\n";
  html += close_section;
  return html;
}

std::string facts(const RunSummary& run, const ReportOptions& options) {
  std::string html =
      open_section("The run", "What it takes to repeat it, and what it took.");
  html += "<dl class=\"facts\">\n";
  if (!options.strategy.empty()) html += fact("Strategy", options.strategy);
  for (const auto& [name, value] : options.facts) html += fact(name, value);
  html += fact("Seed", std::to_string(run.seed));
  html += fact("Equal scores", run.ties == Ties::hash
                                   ? "ordered by the seeded hash of the id"
                                   : "ordered by index");
  if (run.batch != 0) html += fact("Batch", grouped(run.batch));
  if (run.threads != 0) html += fact("Threads", grouped(run.threads));
  if (run.executors != 0) html += fact("Executors", grouped(run.executors));
  html += fact("Scored", grouped(run.scored) + " of " +
                             counted(run.candidates, "candidate"));
  if (run.bytes_read != 0) html += fact("Read", bytes(run.bytes_read));
  if (run.peak_memory != 0) html += fact("Peak memory", bytes(run.peak_memory));
  html += "</dl>\n";
  if (!run.notes.empty()) {
    html += "<details open><summary>Notes</summary><ul>\n";
    for (const std::string& note : run.notes)
      html += "<li>" + escaped(note) + "</li>\n";
    html += "</ul></details>\n";
  }
  html += close_section;
  return html;
}

}  // namespace quarry::report
