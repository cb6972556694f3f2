#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "quarry/core/detail/text.hpp"

namespace quarry::detail {

/// The inverse of `percent_encode`; nothing when a `%` is not followed by two
/// hexadecimal digits.
std::optional<std::string> percent_decode(std::string_view text);

/// The lower-case scheme of `text` when it is a URI and no path: what stands
/// before `://`, or `file` before `:`. A name such as `img:1.jpg` has none.
std::optional<std::string> scheme_of(std::string_view text);

}  // namespace quarry::detail
