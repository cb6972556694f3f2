// Lines, and JSON in each of them, read by two parsers that must agree.

#include <array>
#include <optional>

#include "quarry/core/detail/json_fields.hpp"
#include "quarry/core/detail/records.hpp"
#include "quarry/core/json.hpp"

#include "fuzz.hpp"

namespace {

using namespace quarry;
using detail::JsonField;
using detail::LineReader;

// Objects of more keys are for parse_json only an error; they are longer.
constexpr std::size_t shortest_of_many_keys = 4096;

std::string type_of(const Json& value) {
  if (value.is_null()) return "";
  return value.type_name();
}

void check_field(const JsonField& field, const Json& object) {
  const auto found = object.find(field.key);
  const Json value = found == object.end() ? Json() : *found;
  fuzz::check(field.type == type_of(value), "a field has another type");
  if (value.is_string())
    fuzz::check(field.text == value.get<std::string>(), "another text");
  if (value.is_number())
    fuzz::check(field.text == value.dump(), "another number");
}

void read_json_line(const std::string& line, const LineReader& lines) {
  std::array<JsonField, 3> fields{{{"id"}, {"uri"}, {"label"}}};
  const auto complaint =
      fuzz::attempt([&] { return detail::read_fields(line, lines, fields); });
  const auto document =
      fuzz::attempt([&] { return parse_json(line, lines.where()); });
  if (!document) {
    fuzz::check(!complaint || line.size() > shortest_of_many_keys,
                "fields were found in what is no JSON");
    return;
  }
  fuzz::check(complaint.has_value(), "no fields were found in JSON");
  fuzz::check(document->is_object() || !complaint->empty(),
              "fields were found in no object");
  if (!complaint->empty()) return;
  for (const JsonField& field : fields) check_field(field, *document);
}

/// The line that begins at `text`, which is left behind it.
std::string next_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  std::string line(text.substr(0, end));
  const bool complete = end != text.npos;
  text.remove_prefix(complete ? end + 1 : text.size());
  if (complete && line.ends_with('\r')) line.pop_back();
  return line;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  std::string_view rest = fuzz::text_of(data, size);
  auto lines =
      fuzz::attempt([&] { return LineReader(fuzz::as_file("lines", rest)); });
  if (!lines) return 0;
  if (rest.starts_with("\xEF\xBB\xBF")) rest.remove_prefix(3);
  std::string line;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const std::string expected = next_line(rest);
    const auto more = fuzz::attempt([&] { return lines->next(line); });
    if (!more) {
      fuzz::check(expected.find('\0') != expected.npos, "a line was refused");
      fuzz::check(!lines->next(line), "a line came after an error");
      return 0;
    }
    fuzz::check(*more && line == expected, "a line is another");
    fuzz::check(lines->line_number() == number, "a line has another number");
    read_json_line(line, *lines);
  }
  fuzz::check(!lines->next(line), "there are more lines");
  return 0;
}
