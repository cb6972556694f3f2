#include "quarry/core/labelled_set.hpp"

#include <system_error>
#include <utility>

#include "quarry/core/detail/records.hpp"
#include "quarry/core/error.hpp"
#include "quarry/core/json.hpp"
#include "quarry/core/npy.hpp"

namespace quarry {
namespace {

namespace fs = std::filesystem;
using Entry = LabelledSet::Entry;
using IdOfRow = std::function<std::string(std::size_t)>;

[[noreturn]] void invalid(const std::string& where, const std::string& what) {
  raise("labelled.invalid", where + ": " + what);
}

// The text of a JSON string, number or boolean; nothing for null.
std::optional<std::string> text_of(const Json& object, const char* key,
                                   const std::string& where) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return std::nullopt;
  if (found->is_string()) return found->get<std::string>();
  if (found->is_structured())
    invalid(where, "'" + std::string(key) + "' is neither text nor a number");
  return to_line(*found);
}

Entry parse_entry(std::string_view line, const std::string& where) {
  const Json object = parse_json(line, where);
  if (!object.is_object()) invalid(where, "a JSON object was expected");
  auto id = text_of(object, "id", where);
  if (!id) id = text_of(object, "uri", where);
  if (!id) invalid(where, "neither 'id' nor 'uri' is there");
  return {std::move(*id), text_of(object, "label", where)};
}

// Adds an entry; what is wrong with it is told with its place.
void add_checked(LabelledSet& set, Entry entry, const std::string& where) {
  if (entry.id.empty()) invalid(where, "an empty id");
  if (set.contains(entry.id))
    raise("labelled.duplicate",
          where + ": '" + entry.id + "' is there a second time");
  if (entry.label && entry.label->empty()) entry.label.reset();
  set.add(std::move(entry));
}

LabelledSet load_lines(const fs::path& file, bool json) {
  LabelledSet set;
  detail::LineReader lines(file);
  for (std::string line; lines.next(line);) {
    if (line.find_first_not_of(" \t") == line.npos) continue;
    const std::string where = lines.where();
    add_checked(set, json ? parse_entry(line, where) : Entry{line}, where);
  }
  return set;
}

LabelledSet load_csv(const fs::path& file) {
  LabelledSet set;
  detail::CsvReader records(file);
  auto id = records.column("id");
  if (!id) id = records.column("uri");
  if (!id)
    invalid(records.where(), "the header has neither a column 'id' nor 'uri'");
  const auto label = records.column("label");
  for (std::vector<std::string> fields; records.next(fields);) {
    Entry entry{std::move(fields[*id])};
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
    invalid(file.string(), "a list of row numbers was expected, not " +
                               array.view().describe());
  LabelledSet set;
  std::size_t place = 0;
  for (const std::int64_t row : array.as<std::int64_t>()) {
    const std::string where = file.string() + "[" + std::to_string(place) + "]";
    ++place;
    if (row < 0) invalid(where, std::to_string(row) + " is no row number");
    const auto number = static_cast<std::size_t>(row);
    add_checked(set, {id_of_row ? id_of_row(number) : std::to_string(number)},
                where);
  }
  return set;
}

LabelledSet load_any(const fs::path& file, const IdOfRow& id_of_row) {
  const std::string type = file.extension().string();
  if (type == ".jsonl") return load_lines(file, true);
  if (type == ".txt") return load_lines(file, false);
  if (type == ".csv") return load_csv(file);
  if (type == ".npy") return load_npy(file, id_of_row);
  raise("labelled.invalid",
        "'" + file.string() + "' is of no known type: '" + type + "'",
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
          "there is no labelled set '" + file.string() + "'");
  return load_any(file, id_of_row);
}

void LabelledSet::add(Entry entry) {
  const auto [place, fresh] = index_.try_emplace(entry.id, entries_.size());
  if (!fresh)
    raise("labelled.duplicate",
          "'" + entry.id + "' is in the labelled set already");
  entries_.push_back(std::move(entry));
}

bool LabelledSet::contains(std::string_view id) const {
  return index_.find(id) != index_.end();
}

std::optional<std::string> LabelledSet::label(std::string_view id) const {
  const auto found = index_.find(id);
  if (found == index_.end()) return std::nullopt;
  return entries_[found->second].label;
}

}  // namespace quarry
