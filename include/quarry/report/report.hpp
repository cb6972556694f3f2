#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "quarry/data/any_source.hpp"
#include "quarry/pipeline/selection.hpp"

namespace quarry {

/// A table of the caller's own, shown as it is: a comparison, a confusion
/// matrix. The first column is left-aligned text, the others are numbers.
struct ReportTable {
  std::string title;
  std::string note = {};  ///< a sentence under the title
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;  ///< each `columns.size()` wide
};

/// A row of thumbnails of the caller's own: what another strategy picked.
struct ReportGallery {
  std::string title;
  std::string note = {};  ///< a sentence under the title
  std::vector<Pick> picks;
};

struct ReportOptions {
  /// The heading of the page.
  std::string title = "What to label next";
  /// How the scores came about, for captions: "margin". Empty: not named.
  std::string strategy = {};
  /// Where the picked samples can be read, by `Pick::index`. Without it, or
  /// where a sample is no image, picks are listed without pictures.
  std::optional<AnySource> images = std::nullopt;
  /// Thumbnails shown, at most; they make the size of the file. Default: 60.
  std::size_t max_thumbnails = 60;
  /// Longer side of a thumbnail in pixels; 16 … 512.
  std::size_t thumbnail_side = 96;
  /// Rows of the list of picks, at most. The rest is counted.
  std::size_t max_rows = 500;
  /// Name and value, in order: what else a reader needs to repeat the run
  /// (model, device, data). Seed, threads and the like are added from the run.
  std::vector<std::pair<std::string, std::string>> facts = {};
  std::vector<ReportTable> tables = {};
  std::vector<ReportGallery> galleries = {};

  /// Raises `report.option` naming field, value and constraint.
  void validate() const;
};

/// The page: one HTML document without scripts or external resources, readable
/// on a phone, light and dark as the reader's system is. It shows what was
/// picked, the scores, the balance of predicted classes among the picks against
/// the pool, where the time went, what failed, and how to repeat the run.
///
/// Ids, URIs, class names and messages may hold anything: they are escaped, and
/// what is not UTF-8 is replaced. A sample whose picture cannot be made has a
/// placeholder; its bytes are read once more, so the source must still be
/// there. Time: one read and decode a thumbnail; size: about 3 KB each.
std::string report_html(const Selection& selection,
                        const ReportOptions& options = {});

/// Writes `report_html` to `file` in one step. Raises `file.write`.
void write_report(const std::filesystem::path& file, const Selection& selection,
                  const ReportOptions& options = {});

}  // namespace quarry
