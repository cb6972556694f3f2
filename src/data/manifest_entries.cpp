#include "data/manifest_entries.hpp"

#include <array>
#include <string_view>
#include <vector>

#include "quarry/core/detail/json_fields.hpp"
#include "quarry/core/error.hpp"

#include "data/missing.hpp"
#include "data/uri.hpp"

namespace quarry::detail {
namespace {

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\v\f") == text.npos;
}

/// Calls `take(entry, reader)` for every entry of a .jsonl list.
void read_jsonl(const std::filesystem::path& file, const RecordOptions& options,
                const TakeEntry& take) {
  std::array<JsonField, 3> fields{{{"uri"}, {"id"}, {"truth"}}};
  LineReader lines(file, options);
  std::string text;
  ManifestEntry entry;
  while (lines.next(text)) {
    if (is_blank(text)) continue;
    const std::string complaint = read_fields(text, lines, fields);
    if (!complaint.empty()) {
      raise("source.manifest", lines.where() + ": " + complaint,
            "a line of a .jsonl manifest is {\"uri\": \"cat/0001.jpg\"}");
    }
    std::string* into[] = {&entry.uri, &entry.id, &entry.truth};
    for (std::size_t i = 0; i < fields.size(); ++i) {
      into[i]->clear();
      if (fields[i].present()) into[i]->swap(fields[i].text);
    }
    take(entry, {lines.line_number(), [&] {
                   return lines.where();
                 }});
  }
}

/// The same for a .txt list.
void read_txt(const std::filesystem::path& file, const RecordOptions& options,
              const TakeEntry& take) {
  LineReader lines(file, options);
  ManifestEntry entry;
  while (lines.next(entry.uri)) {
    if (!is_blank(entry.uri) && entry.uri.front() != '#')
      take(entry, {lines.line_number(), [&] {
                     return lines.where();
                   }});
  }
}

/// The same for a .csv list.
void read_csv(const std::filesystem::path& file, const RecordOptions& options,
              const TakeEntry& take) {
  CsvReader records(file, options);
  const auto uri = records.column("uri");
  const auto id = records.column("id");
  const auto truth = records.column("truth");
  if (!uri) {
    raise("source.manifest",
          records.where() + ": the header has no column \"uri\"",
          "the first line names the columns: uri,id,truth");
  }
  std::vector<std::string> fields;
  while (records.next(fields)) {
    ManifestEntry entry{.uri = fields[*uri]};
    if (id) entry.id = fields[*id];
    if (truth) entry.truth = fields[*truth];
    take(entry, {records.line_number(), [&] {
                   return records.where();
                 }});
  }
}

}  // namespace

void read_entries(const std::filesystem::path& file, std::string_view name,
                  const RecordOptions& options, const TakeEntry& take) {
  const std::size_t dot = name.rfind('.');
  const std::string extension =
      dot == name.npos ? std::string() : lower_case(name.substr(dot));
  if (extension == ".jsonl") {
    read_jsonl(file, options, take);
  } else if (extension == ".txt") {
    read_txt(file, options, take);
  } else if (extension == ".csv") {
    read_csv(file, options, take);
  } else {
    raise("source.format", shown(name) + " is no list of a known kind",
          "a manifest is a .jsonl, .csv or .txt file");
  }
}

}  // namespace quarry::detail
