#include "quarry/data/manifest_source.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "quarry/core/detail/json_fields.hpp"
#include "quarry/core/detail/records.hpp"
#include "quarry/core/file.hpp"
#include "quarry/data/file_uri.hpp"

#include "data/missing.hpp"
#include "data/text_table.hpp"
#include "data/uri.hpp"

namespace quarry {
namespace {

namespace fs = std::filesystem;

/// One entry as the list has it; an empty id or truth is none.
struct Entry {
  std::string uri;
  std::string id = {};
  std::string truth = {};
};

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\v\f") == text.npos;
}

/// Calls `take(entry, reader)` for every entry of a .jsonl list.
template <class Take>
void read_jsonl(const fs::path& file, const detail::RecordOptions& options,
                Take take) {
  std::array<detail::JsonField, 3> fields{{{"uri"}, {"id"}, {"truth"}}};
  detail::LineReader lines(file, options);
  std::string text;
  Entry entry;
  while (lines.next(text)) {
    if (is_blank(text)) continue;
    const std::string complaint = detail::read_fields(text, lines, fields);
    if (!complaint.empty()) {
      raise("source.manifest", lines.where() + ": " + complaint,
            "a line of a .jsonl manifest is {\"uri\": \"cat/0001.jpg\"}");
    }
    std::string* into[] = {&entry.uri, &entry.id, &entry.truth};
    for (std::size_t i = 0; i < fields.size(); ++i) {
      into[i]->clear();
      if (fields[i].present()) into[i]->swap(fields[i].text);
    }
    take(entry, lines);
  }
}

/// The same for a .txt list.
template <class Take>
void read_txt(const fs::path& file, const detail::RecordOptions& options,
              Take take) {
  detail::LineReader lines(file, options);
  Entry entry;
  while (lines.next(entry.uri)) {
    if (!is_blank(entry.uri) && entry.uri.front() != '#') take(entry, lines);
  }
}

/// The same for a .csv list.
template <class Take>
void read_csv(const fs::path& file, const detail::RecordOptions& options,
              Take take) {
  detail::CsvReader records(file, options);
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
    Entry entry{.uri = fields[*uri]};
    if (id) entry.id = fields[*id];
    if (truth) entry.truth = fields[*truth];
    take(entry, records);
  }
}

/// The same for a list of any kind.
template <class Take>
void read_entries(const fs::path& file, const detail::RecordOptions& options,
                  Take take) {
  const std::string extension = detail::lower_case(file.extension().native());
  if (extension == ".jsonl") {
    read_jsonl(file, options, take);
  } else if (extension == ".txt") {
    read_txt(file, options, take);
  } else if (extension == ".csv") {
    read_csv(file, options, take);
  } else {
    raise("source.format", detail::shown(file) + " is no list of a known kind",
          "a manifest is a .jsonl, .csv or .txt file");
  }
}

/// The manifest's folder as an absolute path that ends in a slash.
std::string folder_of(const fs::path& manifest) {
  const fs::path folder =
      manifest.has_parent_path() ? manifest.parent_path() : fs::path(".");
  std::error_code error;
  std::string text = fs::canonical(folder, error).native();
  if (error) text = fs::absolute(folder).native();
  if (text.back() != '/') text += '/';
  return text;
}

/// The file that `uri` names: absolute, or relative to `base`.
template <class Where>
std::string resolve(std::string_view uri, const std::string& base,
                    Where where) {
  if (const auto scheme = detail::scheme_of(uri)) {
    if (scheme != "file") {
      raise("source.scheme",
            where() + ": a " + *scheme +
                ": URI; this version reads local files only",
            "fetch the files and list their paths or file: URIs");
    }
    const Result<fs::path> path = path_of_uri(uri);
    if (!path.ok()) {
      raise("source.uri", where() + ": " + path.error().message,
            path.error().hint);
    }
    return path->native();
  }
  while (uri.size() > 2 && uri.substr(0, 2) == "./" && uri[2] != '/') {
    uri.remove_prefix(2);
  }
  const auto exists = [&](const std::string& path) {
    std::error_code error;
    return fs::exists(path.front() == '/' ? path : base + path, error);
  };
  std::string path(uri);
  if (uri.find('%') == uri.npos || exists(path)) return path;
  const std::optional<std::string> decoded = detail::percent_decode(uri);
  if (!decoded || decoded->find('\0') != decoded->npos) return path;
  return exists(*decoded) ? *decoded : path;
}

}  // namespace

struct ManifestSource::State {
  std::string base;  ///< the manifest's folder: absolute, ends in a slash
  std::string base_uri;
  detail::TextTable paths;   ///< absolute, or relative to `base`
  detail::TextTable ids;     ///< no texts when every id is its path's
  detail::TextTable truths;  ///< no texts when there is no truth
  ReadFileOptions file;

  template <class Where>
  void add(const Entry& entry, Where where);
  /// Drops what the paths say already.
  void compact();
};

template <class Where>
void ManifestSource::State::add(const Entry& entry, Where where) {
  if (entry.uri.empty()) {
    raise("source.manifest", where() + ": no \"uri\"",
          "every entry says where its sample is");
  }
  for (const std::string* text : {&entry.uri, &entry.id, &entry.truth}) {
    if (text->find('\0') != text->npos) {
      raise("source.manifest", where() + ": a NUL character");
    }
  }
  if (!detail::is_printable(entry.id) || !detail::is_printable(entry.truth)) {
    raise("source.manifest",
          where() + ": id and truth must be UTF-8 without control characters");
  }
  paths.add(resolve(entry.uri, base, where));
  ids.add(entry.id.empty() ? id_of_path(entry.uri) : entry.id);
  truths.add(entry.truth);
}

void ManifestSource::State::compact() {
  bool own_ids = false;
  bool any_truth = false;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    own_ids = own_ids || ids[i] != id_of_path(paths[i]);
    any_truth = any_truth || !truths[i].empty();
  }
  if (!own_ids) ids = {};
  if (!any_truth) truths = {};
  for (detail::TextTable* table : {&paths, &ids, &truths}) {
    table->shrink_to_fit();
  }
}

void ManifestOptions::validate() const {
  if (max_line_bytes == 0) {
    raise("source.option", "max_line_bytes is 0: it must be at least 1");
  }
  if (max_file_bytes == 0) {
    raise("source.option", "max_file_bytes is 0: it must be at least 1");
  }
}

ManifestSource::ManifestSource(const fs::path& manifest,
                               const ManifestOptions& options) {
  options.validate();
  std::error_code error;
  if (fs::status(manifest, error).type() == fs::file_type::not_found) {
    raise("source.not_found", detail::shown(manifest) + " does not exist",
          detail::hint_for_missing(manifest));
  }
  auto state = std::make_shared<State>();
  state->file.max_bytes = options.max_file_bytes;
  state->base = folder_of(manifest);
  state->base_uri = file_uri(state->base);

  std::vector<std::size_t> lines;
  read_entries(manifest, {.max_bytes = options.max_line_bytes},
               [&](const Entry& entry, const auto& reader) {
                 state->add(entry, [&] { return reader.where(); });
                 lines.push_back(reader.line_number());
               });
  if (const auto pair = detail::find_duplicate(state->ids)) {
    raise("source.duplicate_id",
          detail::shown(manifest) + ": lines " +
              std::to_string(lines[pair->first]) + " and " +
              std::to_string(lines[pair->second]) + " have the same id, \"" +
              std::string(state->ids[pair->first]) + '"',
          "remove one, or give each an id of its own");
  }
  state->compact();
  state_ = std::move(state);
}

std::size_t ManifestSource::size() const noexcept {
  return state_->paths.size();
}

Sample ManifestSource::sample(std::size_t i) const {
  const std::string_view path = state_->paths[i];
  const std::string encoded = detail::percent_encode(path);
  Sample sample{.id = state_->ids.empty() ? id_of_path(path)
                                          : std::string(state_->ids[i]),
                .uri = path.front() == '/' ? "file://" + encoded
                                           : state_->base_uri + encoded};
  if (!state_->truths.empty() && !state_->truths[i].empty()) {
    sample.truth = std::string(state_->truths[i]);
  }
  return sample;
}

Result<Bytes> ManifestSource::read(std::size_t i) const {
  const std::string_view path = state_->paths[i];
  if (path.front() == '/') return read_file(path, state_->file);
  return read_file(state_->base + std::string(path), state_->file);
}

}  // namespace quarry
