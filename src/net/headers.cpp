#include "net/headers.hpp"

#include <algorithm>
#include <cstddef>

#include "quarry/core/detail/text.hpp"

namespace quarry::detail {
namespace {

constexpr std::size_t usual_bytes = 512;

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return lower_case(x) == lower_case(y);
  });
}

}  // namespace

Headers::Headers(
    std::initializer_list<std::pair<std::string_view, std::string_view>>
        headers) {
  for (const auto& [name, value] : headers) add(name, value);
}

void Headers::add(std::string_view name, std::string_view value) {
  if (lines_.empty()) lines_.reserve(usual_bytes);
  lines_.append(name).append(1, ':').append(value).append(1, '\n');
}

void Headers::take(std::string_view line) {
  if (line.starts_with("HTTP/")) {
    lines_.clear();
    return;
  }
  const std::size_t colon = line.find(':');
  if (colon == line.npos) return;
  add(line.substr(0, colon), trimmed(line.substr(colon + 1)));
}

std::optional<std::string_view> Headers::find(
    std::string_view name) const noexcept {
  std::optional<std::string_view> found;
  std::string_view left = lines_;
  while (!left.empty()) {
    const std::size_t end = left.find('\n');
    const std::string_view line = left.substr(0, end);
    left.remove_prefix(end + 1);
    if (line.size() > name.size() && line[name.size()] == ':' &&
        same_name(line.substr(0, name.size()), name)) {
      found = line.substr(name.size() + 1);
    }
  }
  return found;
}

}  // namespace quarry::detail
