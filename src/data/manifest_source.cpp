#include "quarry/data/manifest_source.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "quarry/core/detail/records.hpp"
#include "quarry/core/file.hpp"
#include "quarry/core/json.hpp"
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

/// The text of `key` in a line of JSON; empty when it is not there or null.
std::string text_of(const Json& line, const char* key,
                    const std::string& where) {
  const auto found = line.find(key);
  if (found == line.end() || found->is_null()) return {};
  if (found->is_string()) return found->get<std::string>();
  if (found->is_number()) return found->dump();
  raise("source.manifest", where + ": \"" + key + "\" is " +
                               found->type_name() +
                               ", but must be a text or a number");
}

Entry entry_of_json(const std::string& text, const std::string& where) {
  const Json line = parse_json(text, where);
  if (!line.is_object()) {
    raise("source.manifest", where + ": not an object but " + line.type_name(),
          "a line of a .jsonl manifest is {\"uri\": \"cat/0001.jpg\"}");
  }
  return {.uri = text_of(line, "uri", where),
          .id = text_of(line, "id", where),
          .truth = text_of(line, "truth", where)};
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\v\f") == text.npos;
}

/// Calls `take(entry, line, where)` for every entry of a .jsonl or .txt list.
template <class Take>
void read_lines(const fs::path& file, const detail::RecordOptions& options,
                bool json, Take take) {
  detail::LineReader lines(file, options);
  std::string text;
  while (lines.next(text)) {
    if (is_blank(text) || (!json && text.front() == '#')) continue;
    const std::string where = lines.where();
    take(json ? entry_of_json(text, where) : Entry{.uri = text},
         lines.line_number(), where);
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
    take(std::move(entry), records.line_number(), records.where());
  }
}

/// The same for a list of any kind.
template <class Take>
void read_entries(const fs::path& file, const detail::RecordOptions& options,
                  Take take) {
  const std::string extension = detail::lower_case(file.extension().native());
  if (extension == ".jsonl" || extension == ".txt") {
    read_lines(file, options, extension == ".jsonl", take);
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
std::string resolve(std::string_view uri, const std::string& base,
                    const std::string& where) {
  if (const auto scheme = detail::scheme_of(uri)) {
    if (scheme != "file") {
      raise("source.scheme",
            where + ": a " + *scheme +
                ": URI; this version reads local files only",
            "fetch the files and list their paths or file: URIs");
    }
    const Result<fs::path> path = path_of_uri(uri);
    if (!path.ok()) {
      raise("source.uri", where + ": " + path.error().message,
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

  void add(const Entry& entry, const std::string& where);
  /// Drops what the paths say already.
  void compact();
};

void ManifestSource::State::add(const Entry& entry, const std::string& where) {
  if (entry.uri.empty()) {
    raise("source.manifest", where + ": no \"uri\"",
          "every entry says where its sample is");
  }
  for (const std::string* text : {&entry.uri, &entry.id, &entry.truth}) {
    if (text->find('\0') != text->npos) {
      raise("source.manifest", where + ": a NUL character");
    }
  }
  if (!detail::is_printable(entry.id) || !detail::is_printable(entry.truth)) {
    raise("source.manifest",
          where + ": id and truth must be UTF-8 without control characters");
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
  read_entries(
      manifest, {.max_bytes = options.max_line_bytes},
      [&](const Entry& entry, std::size_t line, const std::string& where) {
        state->add(entry, where);
        lines.push_back(line);
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
