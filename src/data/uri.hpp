#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace quarry::detail {

/// `path` with every byte percent-encoded that may not stand in the path of a
/// URI (RFC 3986, section 3.3); `/` stays.
std::string percent_encode(std::string_view path);

/// The inverse; nothing when a `%` is not followed by two hexadecimal digits.
std::optional<std::string> percent_decode(std::string_view text);

/// The lower-case scheme of `text` when it is a URI and no path: what stands
/// before `://`, or `file` before `:`. A name such as `img:1.jpg` has none.
std::optional<std::string> scheme_of(std::string_view text);

/// Whether `text` is well-formed UTF-8 (no overlong forms, no surrogates)
/// without control characters.
bool is_printable(std::string_view text);

/// A copy with the letters A–Z in lower case, whatever the locale.
std::string lower_case(std::string_view text);

}  // namespace quarry::detail
