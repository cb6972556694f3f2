#include "quarry/core/json.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "quarry/core/detail/json_fields.hpp"
#include "quarry/core/detail/text.hpp"
#include "quarry/core/error.hpp"
#include "quarry/core/file.hpp"

namespace quarry {
namespace {

constexpr std::size_t max_depth = 200;
// An object that keeps the order of its keys looks each up in a list.
constexpr std::size_t max_keys = 4096;
constexpr std::size_t max_message = 200;

std::string too_deep() {
  return "is nested deeper than " + std::to_string(max_depth) + " levels";
}

// What of a text is beyond the limits; nothing when it is within. Counts
// brackets and colons outside strings; whether they match is for the parser.
std::string beyond_limits(std::string_view text) {
  std::size_t depth = 0;
  std::array<std::size_t, max_depth + 1> keys{};  // of the open objects
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > max_depth) return too_deep();
      keys[depth] = 0;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    } else if (c == ':' && ++keys[depth] > max_keys) {
      return "holds an object of more than " + std::to_string(max_keys) +
             " keys";
    }
  }
  return {};
}

// "line 1, column 2: syntax error …" out of
// "[json.exception.parse_error.101] parse error at line 1, column 2: …".
std::string plain(std::string_view text) {
  if (const auto bracket = text.find("] "); bracket != text.npos)
    text.remove_prefix(bracket + 2);
  constexpr std::string_view prefix = "parse error at ";
  if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
  std::string result = detail::cut(text, max_message);
  std::replace_if(
      result.begin(), result.end(),
      [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  return result;
}

std::string dump(const Json& document, int indent) {
  return document.dump(indent, ' ', false, Json::error_handler_t::replace);
}

// What the parser calls as it reads; takes the fields of the outermost object.
class FieldTaker {
 public:
  explicit FieldTaker(std::span<detail::JsonField> fields) : fields_(fields) {
    for (detail::JsonField& field : fields_) field.type = {};
  }

  std::string invalid;   // what makes the text no JSON, or too much of it
  std::string_view top;  // the type of the whole

  bool null() { return value("null", {}); }
  bool boolean(bool) { return value("boolean", {}); }
  bool number_integer(Json::number_integer_t number) {
    return value("number", number);
  }
  bool number_unsigned(Json::number_unsigned_t number) {
    return value("number", number);
  }
  bool number_float(Json::number_float_t number, const std::string&) {
    return value("number", number);
  }
  bool string(std::string& text) {
    if (detail::JsonField* field = value_of("string")) field->text.swap(text);
    return true;
  }
  bool binary(Json::binary_t&) { return value("binary", {}); }
  bool start_object(std::size_t) { return open("object"); }
  bool start_array(std::size_t) { return open("array"); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(std::string_view name) {
    if (depth_ != 1) return true;
    const auto found =
        std::find_if(fields_.begin(), fields_.end(),
                     [&](const auto& field) { return field.key == name; });
    field_ = found == fields_.end() ? nullptr : &*found;
    return true;
  }
  bool parse_error(std::size_t, const std::string&,
                   const nlohmann::detail::exception& error) {
    invalid = "is no valid JSON: " + plain(error.what());
    return false;
  }

 private:
  // The field, if any, of which a value of the type begins.
  detail::JsonField* value_of(std::string_view type) {
    if (depth_ == 0) top = type;
    if (depth_ != 1 || field_ == nullptr) return nullptr;
    field_->type = type == "null" ? "" : type;
    return field_;
  }
  bool value(std::string_view type, const Json& number) {
    detail::JsonField* field = value_of(type);
    if (field != nullptr && type == "number") field->text = number.dump();
    return true;
  }
  bool open(std::string_view type) {
    value_of(type);
    if (depth_ == max_depth) {
      invalid = too_deep();
      return false;
    }
    ++depth_;
    return true;
  }
  bool close() {
    --depth_;
    return true;
  }

  std::span<detail::JsonField> fields_;
  std::size_t depth_ = 0;
  detail::JsonField* field_ = nullptr;  // whose value comes next
};

}  // namespace

Json parse_json(std::string_view text, std::string_view name) {
  const std::string where(name);
  if (text.find_first_not_of(" \t\r\n") == text.npos)
    raise("json.invalid", where + " is empty; a JSON document was expected");
  // The parser takes a NUL for the end and would not see what follows.
  if (text.find('\0') != text.npos)
    raise("json.invalid", where + " is no valid JSON: it holds a NUL byte");
  if (const std::string what = beyond_limits(text); !what.empty())
    raise("json.invalid", where + ' ' + what);
  try {
    return Json::parse(text.begin(), text.end());
  } catch (const Json::exception& error) {
    raise("json.invalid", where + " is no valid JSON: " + plain(error.what()));
  }
}

std::string detail::read_fields(std::string_view line, const LineReader& lines,
                                std::span<JsonField> fields) {
  FieldTaker taker(fields);
  if (!Json::sax_parse(line.begin(), line.end(), &taker))
    raise("json.invalid", lines.where() + ' ' + taker.invalid);
  if (taker.top != "object")
    return "not an object but " + std::string(taker.top);
  for (const JsonField& field : fields) {
    if (field.type.empty() || field.type == "string" || field.type == "number")
      continue;
    return '"' + std::string(field.key) + "\" is " + std::string(field.type) +
           ", but must be a text or a number";
  }
  return {};
}

Json read_json(const std::filesystem::path& file) {
  return parse_json(read_file(file).value().text(), detail::shown(file));
}

void write_json(const std::filesystem::path& file, const Json& document,
                int indent) {
  write_file(file, dump(document, indent) + '\n');
}

std::string to_line(const Json& document) {
  return dump(document, -1);
}

Json finite_or_null(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

}  // namespace quarry
