#include <algorithm>
#include <cmath>

#include "report/sections.hpp"
#include "report/text.hpp"
#include "report/thumbnail.hpp"

namespace quarry::report {
namespace {

/// Pictures on the page before one has to ask for more.
constexpr std::size_t shown_at_once = 24;

std::string figure(std::string_view name, const std::string& value,
                   std::string_view unit = "") {
  std::string html = "<div><dt>" + std::string(name) + "</dt><dd>" + value;
  if (!unit.empty()) html += " <small>" + std::string(unit) + "</small>";
  return html + "</dd></div>\n";
}

/// To three places where that says something.
std::string score(double value) {
  const double size = std::abs(value);
  return size >= 0.001 && size < 1000.0 ? fixed(value, 3) : shortest(value, 3);
}

std::string isolated(std::string_view text) {
  return "<bdi>" + escaped(text) + "</bdi>";
}

std::string card(const Pick& pick, const Selection& selection,
                 const ReportOptions& options) {
  std::string html = "<li><div class=\"shot\">";
  html += shot(pick, options);
  html += "<span class=\"rank\">" + grouped(pick.rank + 1) + "</span></div>";
  if (pick.predicted >= 0) {
    const std::string name = class_name(selection.classes, pick.predicted);
    html += "<div class=\"who\" title=\"" + escaped(name) + "\">" +
            isolated(name) + "</div><div class=\"val\">" +
            percent(pick.confidence, 0) + " sure</div>";
  }
  if (std::isfinite(pick.score)) {
    html += "<div class=\"val\">score " + score(pick.score) + "</div>";
  }
  html += "<span class=\"id\" title=\"" + escaped(pick.id) + "\">" +
          isolated(pick.id) + "</span></li>\n";
  return html;
}

std::string cards(std::span<const Pick> picks, const Selection& selection,
                  const ReportOptions& options) {
  const auto grid = [&](std::span<const Pick> some) {
    std::string html = "<ol class=\"grid\">\n";
    for (const Pick& pick : some) html += card(pick, selection, options);
    return html + "</ol>\n";
  };
  if (picks.size() <= shown_at_once + shown_at_once / 2) return grid(picks);
  return grid(picks.first(shown_at_once)) + "<details><summary>" +
         grouped(picks.size() - shown_at_once) + " more</summary>" +
         grid(picks.subspan(shown_at_once)) + "</details>\n";
}

std::string list(const Selection& selection, const ReportOptions& options,
                 bool open) {
  const std::size_t rows = std::min(selection.size(), options.max_rows);
  if (rows == 0) return "";
  std::string html = open ? "<details open>" : "<details>";
  html += "<summary>The picks as a list";
  if (rows < selection.size()) {
    html += ": the first " + grouped(rows) + " of " + grouped(selection.size());
  }
  html +=
      "</summary><div class=\"scroll\"><table><thead><tr><th>Rank</th>"
      "<th class=\"text\">Sample</th><th>Score</th>";
  const bool predicted = std::any_of(
      selection.begin(), selection.begin() + static_cast<std::ptrdiff_t>(rows),
      [](const Pick& pick) { return pick.predicted >= 0; });
  if (predicted) html += "<th class=\"text\">Predicted</th><th>Sure</th>";
  html += "</tr></thead><tbody>\n";
  for (std::size_t i = 0; i < rows; ++i) {
    const Pick& pick = selection[i];
    html += "<tr><td>" + grouped(pick.rank + 1) +
            "</td><td class=\"text long\">" + isolated(pick.id) + "</td><td>" +
            shortest(pick.score, 6) + "</td>";
    if (predicted) {
      html += "<td class=\"text\">" +
              isolated(class_name(selection.classes, pick.predicted)) +
              "</td><td>" + percent(pick.confidence, 1) + "</td>";
    }
    html += "</tr>\n";
  }
  return html + "</tbody></table></div></details>\n";
}

}  // namespace

std::string class_name(const std::vector<std::string>& classes,
                       std::int32_t index) {
  if (index < 0) return "–";
  const auto i = static_cast<std::size_t>(index);
  return i < classes.size() ? classes[i] : std::to_string(i);
}

std::string open_section(std::string_view title, std::string_view note) {
  std::string html = "<section>\n<h2>" + escaped(title) + "</h2>\n";
  if (!note.empty()) {
    html += "<p class=\"note\">";
    html += note;
    html += "</p>\n";
  }
  return html;
}

std::string header(const Selection& selection, const ReportOptions& options) {
  const RunSummary& run = selection.run;
  std::string html = "<header>\n<p class=\"eyebrow\">Quarry report</p>\n<h1>" +
                     escaped(options.title) + "</h1>\n<p class=\"lede\">" +
                     escaped(selection.brief_report()) + "</p>\n";
  if (selection.stopped == Stopped::cancelled) {
    html +=
        "<p class=\"alert\">The run was cancelled before it had seen the whole "
        "pool. These are the best of what had been scored.</p>\n";
  } else if (selection.stopped == Stopped::pool_exhausted) {
    html +=
        "<p class=\"alert\">The pool came to its end before as many samples "
        "were picked as asked for: these are all.</p>\n";
  }
  html += "<dl class=\"figures\">\n";
  html += figure("Picked", grouped(selection.size()));
  html += figure("Pool", grouped(run.samples));
  const std::size_t labelled =
      run.samples - std::min(run.samples, run.candidates);
  if (labelled != 0) html += figure("Labelled already", grouped(labelled));
  html += figure("Failed", grouped(run.failed));
  html += figure("Time", duration(run.seconds));
  if (run.throughput() > 0) {
    html += figure("Rate",
                   grouped(static_cast<std::uint64_t>(run.throughput() + 0.5)),
                   "/s");
  }
  return html + "</dl>\n</header>\n";
}

std::string picks(const Selection& selection, const ReportOptions& options) {
  const bool pictures = options.images.has_value();
  const std::size_t shown = std::min(selection.size(), options.max_thumbnails);
  std::string note = "Most worth labelling first";
  if (!options.strategy.empty()) {
    note += ", by <b>" + escaped(options.strategy) + "</b>";
  }
  note += ".";
  if (pictures && shown < selection.size()) {
    note += " The first " + grouped(shown) + " of " +
            grouped(selection.size()) + " are pictured.";
  }
  std::string html = open_section("Picked to be labelled", note);
  if (selection.empty()) {
    html += "<p>Nothing was picked.</p>\n";
  } else if (pictures && shown != 0) {
    html += cards({selection.picks.data(), shown}, selection, options);
  }
  html += list(selection, options, !pictures);
  html += close_section;
  return html;
}

std::string gallery(const ReportGallery& gallery, const Selection& selection,
                    const ReportOptions& options) {
  const std::size_t shown =
      std::min(gallery.picks.size(), options.max_thumbnails);
  return open_section(gallery.title, escaped(gallery.note)) +
         cards({gallery.picks.data(), shown}, selection, options) +
         std::string(close_section);
}

std::string table(const ReportTable& table) {
  std::string html = open_section(table.title, escaped(table.note));
  html += "<div class=\"scroll\"><table><thead><tr>";
  for (const std::string& name : table.columns)
    html += "<th>" + escaped(name) + "</th>";
  html += "</tr></thead><tbody>\n";
  for (const auto& row : table.rows) {
    html += "<tr>";
    for (const std::string& cell : row)
      html += "<td>" + escaped(cell) + "</td>";
    html += "</tr>\n";
  }
  html += "</tbody></table></div>\n";
  html += close_section;
  return html;
}

}  // namespace quarry::report
