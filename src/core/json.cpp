#include "quarry/core/json.hpp"

#include <algorithm>
#include <cmath>

#include "quarry/core/error.hpp"
#include "quarry/core/file.hpp"

namespace quarry {
namespace {

constexpr std::size_t max_depth = 200;
constexpr std::size_t max_message = 200;

// Counts brackets outside strings; whether they match is for the parser.
bool too_deep(std::string_view text) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > max_depth) return true;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return false;
}

// "line 1, column 2: syntax error …" out of
// "[json.exception.parse_error.101] parse error at line 1, column 2: …".
std::string plain(std::string_view text) {
  if (const auto bracket = text.find("] "); bracket != text.npos)
    text.remove_prefix(bracket + 2);
  constexpr std::string_view prefix = "parse error at ";
  if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
  std::string result(text.substr(0, max_message));
  std::replace_if(
      result.begin(), result.end(),
      [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  if (text.size() > max_message) result += " …";
  return result;
}

std::string dump(const Json& document, int indent) {
  return document.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

Json parse_json(std::string_view text, std::string_view name) {
  const std::string where(name);
  if (text.find_first_not_of(" \t\r\n") == text.npos)
    raise("json.invalid", where + " is empty; a JSON document was expected");
  // The parser takes a NUL for the end and would not see what follows.
  if (text.find('\0') != text.npos)
    raise("json.invalid", where + " is no valid JSON: it holds a NUL byte");
  if (too_deep(text))
    raise("json.invalid", where + " is nested deeper than " +
                              std::to_string(max_depth) + " levels");
  try {
    return Json::parse(text.begin(), text.end());
  } catch (const Json::exception& error) {
    raise("json.invalid", where + " is no valid JSON: " + plain(error.what()));
  }
}

Json read_json(const std::filesystem::path& file) {
  return parse_json(read_file(file).value().text(), file.string());
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
