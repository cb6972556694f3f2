#include "data/extensions.hpp"

#include "quarry/core/detail/text.hpp"
#include "quarry/core/error.hpp"

namespace quarry::detail {

void check_extensions(const std::vector<std::string>& extensions) {
  for (const std::string& extension : extensions) {
    if (extension.empty() || extension.front() == '.' ||
        extension.find('/') != extension.npos) {
      raise("source.option", "extensions holds \"" + extension +
                                 "\": an extension is a name without its dot, "
                                 "such as \"jpg\"");
    }
  }
}

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
