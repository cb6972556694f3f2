#pragma once

#include <string_view>

namespace quarry::detail {

/// How the name of a file ends whose bytes begin so: "jpg", "png"; empty for
/// anything else.
inline std::string_view ending_of(std::string_view bytes) noexcept {
  if (bytes.starts_with("\xFF\xD8\xFF")) return "jpg";
  if (bytes.starts_with("\x89PNG\r\n\x1A\n")) return "png";
  return {};
}

}  // namespace quarry::detail
