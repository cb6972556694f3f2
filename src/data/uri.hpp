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

/// Whether `text` is a URI of a bucket, s3: or gs:.
bool is_bucket_uri(std::string_view text);

/// `text` without query and fragment, which only URLs have: in a path and in
/// the key of a bucket ? and # are characters like others.
std::string_view without_query(std::string_view text);

}  // namespace quarry::detail
