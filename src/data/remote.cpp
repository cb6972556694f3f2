#include "data/remote.hpp"

#include "data/uri.hpp"

namespace quarry::detail {

bool has_extension(std::string_view name,
                   const std::vector<std::string>& extensions) {
  if (extensions.empty()) return true;
  const std::string lower = lower_case(name);
  for (const std::string& extension : extensions) {
    if (lower.ends_with('.' + lower_case(extension))) return true;
  }
  return false;
}

}  // namespace quarry::detail
