#include "quarry/core/detail/text.hpp"

#include <algorithm>
#include <system_error>

namespace quarry::detail {
namespace {

bool is_alpha(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// pchar of RFC 3986, and the slash.
bool is_path_char(char c) {
  constexpr std::string_view others = "-._~!$&'()*+,;=:@/";
  return is_alpha(c) || (c >= '0' && c <= '9') || others.find(c) != others.npos;
}

bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80;
}

/// The length of the well-formed UTF-8 sequence at the start of `text` (Table
/// 3-7 of the Unicode standard); 0 when there is none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return static_cast<unsigned char>(text[i]);
  };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  std::size_t length = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  }
  if (length == 0 || text.size() < length) return 0;
  if (byte(1) < low || byte(1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (!continues(text[i])) return 0;
  }
  return length;
}

}  // namespace

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = lower_case(c);
  return lower;
}

bool is_printable(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const auto lead = static_cast<unsigned char>(text.front());
    if (length == 0 || lead < 0x20 || lead == 0x7F) return false;
    // The C1 controls, U+0080 to U+009F.
    if (lead == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0)
      return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view space = " \t\r\n\v\f";
  const std::size_t first = text.find_first_not_of(space);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(space) + 1 - first);
}

std::string percent_encode(std::string_view path) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string text;
  text.reserve(path.size());
  for (const char c : path) {
    if (is_path_char(c)) {
      text += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    text += '%';
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

std::string shown(const std::filesystem::path& path) {
  const std::string& text = path.native();
  if (text.empty()) return "\"\"";
  return is_printable(text) ? text : percent_encode(text);
}

std::string cut(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return std::string(text);
  constexpr std::string_view ellipsis = "…";
  std::size_t end = max_bytes - std::min(max_bytes, ellipsis.size());
  while (end > 0 && continues(text[end])) --end;
  return std::string(text.substr(0, end)).append(ellipsis);
}

std::string reason(int error) {
  return std::generic_category().message(error);
}

}  // namespace quarry::detail
