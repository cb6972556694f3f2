#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace quarry::detail {

/// `c`, the letters A–Z in lower case, whatever the locale.
constexpr char lower_case(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// A copy with the letters A–Z in lower case, whatever the locale.
std::string lower_case(std::string_view text);

/// `text` without the white space of ASCII at its ends.
std::string_view trimmed(std::string_view text);

/// Whether `text` is well-formed UTF-8 (no overlong forms, no surrogates)
/// without control characters.
bool is_printable(std::string_view text);

/// `path` with every byte percent-encoded that may not stand in the path of a
/// URI (RFC 3986, section 3.3); `/` stays.
std::string percent_encode(std::string_view path);

/// `path` as one line of text for a message: percent-encoded when its name is
/// no such thing.
std::string shown(const std::filesystem::path& path);

/// `text` when it has at most `max_bytes` bytes, else what fits of it and an
/// ellipsis, never a part of a UTF-8 character.
std::string cut(std::string_view text, std::size_t max_bytes);

/// What the system says about an `errno`: "Permission denied".
std::string reason(int error);

}  // namespace quarry::detail
