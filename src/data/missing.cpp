#include "data/missing.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <string_view>
#include <system_error>
#include <vector>

#include "data/uri.hpp"

namespace quarry::detail {
namespace {

namespace fs = std::filesystem;

/// The least number of insertions, deletions and replacements (Levenshtein).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

/// The name in `directory` that differs least from `name`, in at most a third
/// of its letters and not counting case; empty when none does.
std::string nearest_name(const fs::path& directory, std::string_view name) {
  const std::string wanted = lower_case(name);
  std::size_t least = wanted.size() / 3 + 1;
  std::string nearest;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end;
       !error && entry != end; entry.increment(error)) {
    std::string candidate = entry->path().filename().native();
    const std::size_t distance = edit_distance(wanted, lower_case(candidate));
    if (distance < least || (distance == least && candidate < nearest)) {
      least = distance;
      nearest = std::move(candidate);
    }
  }
  return nearest;
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
    const std::string name = nearest_name(existing, whole.filename().native());
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

std::string shown(const fs::path& path) {
  const std::string& text = path.native();
  if (text.empty()) return "\"\"";
  return is_printable(text) ? text : percent_encode(text);
}

}  // namespace quarry::detail
