#include "input/samples.hpp"

#include <string_view>
#include <unordered_set>

#include <fmt/format.h>

#include "quarry/core/error.hpp"
#include "quarry/core/file.hpp"
#include "quarry/core/json.hpp"

namespace quarry::cli {
namespace {

std::string text_at(const Json& object, const char* key,
                    const std::string& where, bool needed) {
  const auto found = object.find(key);
  const bool there = found != object.end() && found->is_string();
  if (there) return found->get<std::string>();
  if (needed || found != object.end())
    raise("samples.invalid", fmt::format("{}: {} must be a text", where, key));
  return "";
}

SampleRow parse(std::string_view line, std::size_t row,
                const std::string& where) {
  const Json object = parse_json(line, where);
  if (!object.is_object())
    raise("samples.invalid", fmt::format("{}: an object was expected", where));
  const auto number = object.find("row");
  if (number != object.end() && *number != row) {
    raise("samples.invalid", fmt::format("{}: row is {}, but this line stands "
                                         "for row {}",
                                         where, to_line(*number), row));
  }
  SampleRow sample;
  sample.sample.id = text_at(object, "id", where, true);
  sample.sample.uri = text_at(object, "uri", where, false);
  const std::string error = text_at(object, "error", where, false);
  if (!error.empty())
    sample.failure = error + ": " + text_at(object, "message", where, false);
  return sample;
}

}  // namespace

void write_samples(const std::filesystem::path& file, const AnySource& source,
                   const std::vector<BadSample>& failures) {
  std::string lines;
  auto bad = failures.begin();
  for (std::size_t i = 0; i < source.size(); ++i) {
    const Sample sample = source.sample(i);
    Json line = {{"row", i}, {"id", sample.id}, {"uri", sample.uri}};
    if (bad != failures.end() && bad->index == i) {
      line["error"] = bad->failure.id.text();
      line["message"] = bad->failure.message;
      ++bad;
    }
    lines += to_line(line) + "\n";
  }
  write_file(file, lines);
}

std::vector<SampleRow> read_samples(const std::filesystem::path& file) {
  const Bytes bytes = read_file(file, {.map = true}).value();
  const std::string name = file.filename().string();
  std::string_view text = bytes.text();
  std::vector<SampleRow> rows;
  std::unordered_set<std::string> ids;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::string where = fmt::format("{}:{}", name, rows.size() + 1);
    rows.push_back(parse(line, rows.size(), where));
    if (!ids.insert(rows.back().sample.id).second) {
      raise("samples.invalid", fmt::format("{}: the id \"{}\" is there twice",
                                           where, rows.back().sample.id));
    }
  }
  return rows;
}

}  // namespace quarry::cli
