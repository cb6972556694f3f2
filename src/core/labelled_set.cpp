#include "quarry/core/labelled_set.hpp"

#include <array>
#include <system_error>
#include <utility>

#include "quarry/core/detail/json_fields.hpp"
#include "quarry/core/detail/records.hpp"
#include "quarry/core/detail/text.hpp"
#include "quarry/core/error.hpp"
#include "quarry/core/npy.hpp"

namespace quarry {
namespace {

namespace fs = std::filesystem;
using Entry = LabelledSet::Entry;
using IdOfRow = std::function<std::string(std::size_t)>;

[[noreturn]] void invalid(const std::string& where, const std::string& what) {
  raise("labelled.invalid", where + ": " + what);
}

// Adds an entry; what is wrong with it is told with its place.
void add_checked(LabelledSet& set, Entry entry, const std::string& where) {
  if (entry.name().empty()) invalid(where, "an empty id");
  if (entry.label && entry.label->empty()) entry.label.reset();
  if (!set.insert(entry))
    raise("labelled.duplicate",
          where + ": '" + entry.name() + "' is there a second time");
}

LabelledSet load_jsonl(const fs::path& file) {
  LabelledSet set;
  std::array<detail::JsonField, 3> fields{{{"id"}, {"uri"}, {"label"}}};
  auto& [id, uri, label] = fields;
  detail::LineReader lines(file);
  for (std::string line; lines.next(line);) {
    if (line.find_first_not_of(" \t") == line.npos) continue;
    const std::string complaint = detail::read_fields(line, lines, fields);
    if (!complaint.empty()) invalid(lines.where(), complaint);
    if (!id.present() && !uri.present())
      invalid(lines.where(), "neither 'id' nor 'uri' is there");
    Entry entry;
    if (id.present()) entry.id = id.text;
    if (uri.present() && entry.id.empty()) entry.uri = uri.text;
    if (label.present()) entry.label = label.text;
    add_checked(set, std::move(entry), lines.where());
  }
  return set;
}

LabelledSet load_txt(const fs::path& file) {
  LabelledSet set;
  detail::LineReader lines(file);
  for (std::string line; lines.next(line);) {
    if (line.find_first_not_of(" \t") == line.npos || line.front() == '#')
      continue;
    add_checked(set, Entry{line}, lines.where());
  }
  return set;
}

LabelledSet load_csv(const fs::path& file) {
  LabelledSet set;
  detail::CsvReader records(file);
  const auto id = records.column("id");
  const auto uri = records.column("uri");
  if (!id && !uri)
    invalid(records.where(), "the header has neither a column 'id' nor 'uri'");
  const auto label = records.column("label");
  for (std::vector<std::string> fields; records.next(fields);) {
    Entry entry;
    if (id) entry.id = std::move(fields[*id]);
    if (uri && entry.id.empty()) entry.uri = std::move(fields[*uri]);
    if (label) entry.label = std::move(fields[*label]);
    add_checked(set, std::move(entry), records.where());
  }
  return set;
}

LabelledSet load_npy(const fs::path& file, const IdOfRow& id_of_row) {
  const NpyArray array = read_npy(file);
  const bool integers =
      array.dtype() != DType::b1 && array.dtype() != DType::f2 &&
      array.dtype() != DType::f4 && array.dtype() != DType::f8;
  if (!integers || array.shape().size() != 1)
    invalid(detail::shown(file), "a list of row numbers was expected, not " +
                                     array.view().describe());
  LabelledSet set;
  std::size_t place = 0;
  for (const std::int64_t row : array.as<std::int64_t>()) {
    const std::string where =
        detail::shown(file) + "[" + std::to_string(place) + "]";
    ++place;
    if (row < 0) invalid(where, std::to_string(row) + " is no row number");
    const auto number = static_cast<std::size_t>(row);
    add_checked(set, {id_of_row ? id_of_row(number) : std::to_string(number)},
                where);
  }
  return set;
}

LabelledSet load_any(const fs::path& file, const IdOfRow& id_of_row) {
  const std::string type = detail::lower_case(file.extension().native());
  if (type == ".jsonl") return load_jsonl(file);
  if (type == ".txt") return load_txt(file);
  if (type == ".csv") return load_csv(file);
  if (type == ".npy") return load_npy(file, id_of_row);
  raise("labelled.invalid",
        "'" + detail::shown(file) + "' is a list of no known kind",
        "name it .jsonl, .csv, .txt or .npy after what it holds");
}

}  // namespace

LabelledSet::LabelledSet(std::vector<Entry> entries) {
  for (Entry& entry : entries) add(std::move(entry));
}

LabelledSet::LabelledSet(std::initializer_list<Entry> entries)
    : LabelledSet(std::vector<Entry>(entries)) {}

LabelledSet LabelledSet::load(const fs::path& file, const IdOfRow& id_of_row) {
  std::error_code ignored;
  if (fs::status(file, ignored).type() == fs::file_type::not_found)
    raise("labelled.not_found",
          "there is no labelled set '" + detail::shown(file) + "'");
  return load_any(file, id_of_row);
}

bool LabelledSet::insert(Entry entry) {
  Index& index = entry.id.empty() ? uris_ : ids_;
  if (!index.try_emplace(entry.name(), entries_.size()).second) return false;
  entries_.push_back(std::move(entry));
  return true;
}

void LabelledSet::add(Entry entry) {
  if (!insert(entry))
    raise("labelled.duplicate",
          "'" + entry.name() + "' is in the labelled set already");
}

const LabelledSet::Entry* LabelledSet::find_in(const Index& index,
                                               std::string_view name) const {
  const auto found = index.find(name);
  return found == index.end() ? nullptr : &entries_[found->second];
}

const LabelledSet::Entry* LabelledSet::find(const Sample& sample) const {
  if (const Entry* entry = find_in(ids_, sample.id)) return entry;
  if (const Entry* entry = find_in(uris_, sample.uri)) return entry;
  // Where no id is given, the URI as written is one.
  return find_in(uris_, sample.id);
}

bool LabelledSet::contains(std::string_view id) const {
  return find_in(ids_, id) != nullptr;
}

std::optional<std::string> LabelledSet::label(std::string_view id) const {
  const Entry* entry = find_in(ids_, id);
  return entry == nullptr ? std::nullopt : entry->label;
}

}  // namespace quarry
