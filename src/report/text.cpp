#include "report/text.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace quarry::report {
namespace {

/// The length of the well-formed UTF-8 character at the start of `text`, or 0.
std::size_t character(std::string_view text) {
  const auto byte = [&](std::size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto tail = [&](std::size_t i) {
    return (byte(i) & 0xC0U) == 0x80U;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first < 0xE0) return tail(1) ? 2 : 0;
  if (first >= 0xE0 && first < 0xF0) {
    const bool overlong = first == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = first == 0xED && byte(1) >= 0xA0;
    return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xF0 && first < 0xF5) {
    const bool overlong = first == 0xF0 && byte(1) < 0x90;
    const bool beyond = first == 0xF4 && byte(1) >= 0x90;
    return tail(1) && tail(2) && tail(3) && !overlong && !beyond ? 4 : 0;
  }
  return 0;
}

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = character(text);
    const std::string_view part = text.substr(0, length == 0 ? 1 : length);
    text.remove_prefix(part.size());
    const auto c = static_cast<unsigned char>(part[0]);
    if (length == 0) {
      out += replacement;
    } else if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else if (c == '\'') {
      out += "&#39;";
    } else if (c < 0x20) {
      // The picture of the control character: U+2400 …
      out += "\xE2\x90";
      out += static_cast<char>(0x80 + c);
    } else if (c == 0x7F || (length == 2 && c == 0xC2 &&
                             static_cast<unsigned char>(part[1]) < 0xA0)) {
      out += replacement;
    } else {
      out += part;
    }
  }
  return out;
}

std::string shortest(double value, int digits) {
  if (!std::isfinite(value)) return "–";
  std::array<char, 64> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(),
                                 value, std::chars_format::general, digits);
  return {buffer.data(), end.ptr};
}

std::string duration(double seconds) {
  if (!std::isfinite(seconds)) return "–";
  if (seconds < 0.9995) return fixed(seconds, 2) + " s";
  if (seconds < 59.95) return fixed(seconds, 1) + " s";
  const auto whole = static_cast<std::uint64_t>(std::llround(seconds));
  if (whole < 3600) {
    return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) +
           " s";
  }
  const std::uint64_t minutes = (whole + 30) / 60;
  return grouped(minutes / 60) + " h " + std::to_string(minutes % 60) + " min";
}

std::string bytes(std::uint64_t size) {
  if (size < 1000) return std::to_string(size) + " B";
  constexpr std::array<std::string_view, 6> units = {"kB", "MB", "GB",
                                                     "TB", "PB", "EB"};
  double value = static_cast<double>(size) / 1000.0;
  std::size_t unit = 0;
  while (value >= 999.5 && unit + 1 < units.size()) {
    value /= 1000.0;
    ++unit;
  }
  std::string text = fixed(value, value < 9.95 ? 1 : 0);
  text += ' ';
  text += units[unit];
  return text;
}

std::string percent(double fraction, int digits) {
  if (!std::isfinite(fraction)) return "–";
  return fixed(100.0 * fraction, digits) + " %";
}

std::string data_uri(std::string_view bytes, std::string_view type) {
  static constexpr std::string_view letters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out = "data:";
  out += type;
  out += ";base64,";
  out.reserve(out.size() + (bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t three = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      const bool there = i + k < bytes.size();
      three =
          three << 8 | (there ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    }
    out += letters[three >> 18 & 63];
    out += letters[three >> 12 & 63];
    out += i + 1 < bytes.size() ? letters[three >> 6 & 63] : '=';
    out += i + 2 < bytes.size() ? letters[three & 63] : '=';
  }
  return out;
}

}  // namespace quarry::report
