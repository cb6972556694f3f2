#include "data/missing.hpp"

#include <algorithm>
#include <system_error>
#include <vector>

#include "quarry/core/did_you_mean.hpp"

namespace quarry::detail {
namespace {

namespace fs = std::filesystem;

/// What `directory` holds, in an order of its own.
std::vector<std::string> names_in(const fs::path& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end;
       !error && entry != end; entry.increment(error)) {
    names.push_back(entry->path().filename().native());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

std::string hint_for_missing(const fs::path& path) {
  std::error_code error;
  fs::path whole = fs::absolute(path, error);
  if (error) return {};
  whole = whole.lexically_normal();
  if (!whole.has_filename()) whole = whole.parent_path();

  fs::path existing = whole.parent_path();
  if (fs::is_directory(existing, error)) {
    const std::string name =
        nearest_name(whole.filename().native(), names_in(existing));
    if (name.empty()) return {};
    const fs::path given = path.has_filename() ? path : path.parent_path();
    return "did you mean " + shown(given.parent_path() / name) + '?';
  }
  while (!fs::is_directory(existing, error) &&
         existing != existing.parent_path()) {
    existing = existing.parent_path();
  }
  return "of this path only " + shown(existing) + " exists";
}

}  // namespace quarry::detail
