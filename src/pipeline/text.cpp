#include "pipeline/text.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "core/numbers.hpp"

namespace quarry::detail {

std::string by_kind(const std::vector<BadSample>& bad) {
  std::map<std::string_view, std::size_t> counts;
  for (const BadSample& sample : bad) ++counts[sample.failure.id.text()];
  std::vector<std::pair<std::string_view, std::size_t>> kinds(counts.begin(),
                                                              counts.end());
  std::stable_sort(
      kinds.begin(), kinds.end(),
      [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string text;
  for (const auto& [id, count] : kinds) {
    if (!text.empty()) text += ", ";
    text += grouped(count) + " × " + std::string(id);
  }
  return text;
}

}  // namespace quarry::detail
