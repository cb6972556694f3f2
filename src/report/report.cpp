#include "quarry/report/report.hpp"

#include "quarry/core/error.hpp"
#include "quarry/core/file.hpp"

#include "report/sections.hpp"
#include "report/text.hpp"

namespace quarry {

void ReportOptions::validate() const {
  if (thumbnail_side < 16 || thumbnail_side > 512) {
    raise("report.option", "ReportOptions::thumbnail_side is " +
                               std::to_string(thumbnail_side) +
                               ", but it must be 16 … 512");
  }
  for (const ReportTable& table : tables) {
    for (const auto& row : table.rows) {
      if (row.size() == table.columns.size()) continue;
      raise("report.option",
            "ReportOptions::tables: a row of \"" + table.title + "\" has " +
                std::to_string(row.size()) + " cells, but the table has " +
                std::to_string(table.columns.size()) + " columns");
    }
  }
}

std::string report_html(const Selection& selection,
                        const ReportOptions& options) {
  options.validate();
  std::string page =
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, "
      "initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      // The browser itself keeps the page from loading or running anything.
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
      "'none'; img-src data:; style-src 'unsafe-inline'\">\n<title>";
  page += report::escaped(options.title);
  page += "</title>\n<style>";
  page += report::style();
  page += "</style>\n</head>\n<body>\n<main>\n";
  page += report::header(selection, options);
  page += report::picks(selection, options);
  for (const ReportGallery& gallery : options.galleries)
    page += report::gallery(gallery, selection, options);
  for (const ReportTable& table : options.tables) page += report::table(table);
  page += "<div class=\"pair\">\n";
  page += report::scores(selection, options);
  page += report::balance(selection);
  page += "</div>\n";
  page += report::time(selection.run);
  page += report::failures(selection);
  page += report::facts(selection.run, options);
  page +=
      "<footer>Made by Quarry. This file needs nothing else: it can be "
      "mailed or archived as it is.</footer>\n</main>\n</body>\n</html>\n";
  return page;
}

void write_report(const std::filesystem::path& file, const Selection& selection,
                  const ReportOptions& options) {
  write_file(file, report_html(selection, options));
}

}  // namespace quarry
