#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "quarry/report/report.hpp"

namespace quarry::report {

/// The style sheet of the page.
std::string_view style();

/// Opens and closes a section with a heading and a sentence under it. `note` is
/// HTML, `title` is text.
std::string open_section(std::string_view title, std::string_view note = "");
inline constexpr std::string_view close_section = "</section>\n";

// Each section of the page as HTML; empty when it has nothing to show.

std::string header(const Selection& selection, const ReportOptions& options);
std::string picks(const Selection& selection, const ReportOptions& options);
std::string gallery(const ReportGallery& gallery, const Selection& selection,
                    const ReportOptions& options);
/// Pool against picks for a pointwise strategy, score by rank otherwise.
std::string scores(const Selection& selection, const ReportOptions& options);
std::string balance(const Selection& selection);
std::string time(const RunSummary& run);
std::string failures(const Selection& selection);
std::string table(const ReportTable& table);
std::string facts(const RunSummary& run, const ReportOptions& options);

/// The name of class `index`: its number when it has none.
std::string class_name(const std::vector<std::string>& classes,
                       std::int32_t index);

/// A bar: segments of given lengths (fractions of the whole) and CSS classes.
struct Segment {
  double fraction;
  std::string_view kind;
};
std::string bar(std::span<const Segment> segments);

/// Labels at both ends and in the middle of a linear axis.
std::string axis(const std::string& low, const std::string& middle,
                 const std::string& high);
/// What the colours of CSS classes mean.
std::string legend(std::span<const std::pair<const char*, const char*>> items);

}  // namespace quarry::report
