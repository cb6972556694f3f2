#include "core/bad_samples.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "core/numbers.hpp"

namespace quarry::detail {
namespace {

std::string first_names(const std::vector<BadSample>& bad) {
  constexpr std::size_t named_samples = 3;
  std::string names;
  const std::size_t count = std::min(named_samples, bad.size());
  for (std::size_t i = 0; i < count; ++i) {
    if (i != 0) names += ", ";
    names += bad[i].id;
  }
  return names;
}

}  // namespace

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

std::string too_many_bad(const std::vector<BadSample>& bad, std::size_t size,
                         std::size_t allowed) {
  return counted(bad.size(), "bad sample") + " of " + counted(size, "sample") +
         ", " + std::to_string(allowed) + " allowed (" + by_kind(bad) +
         "); the first: " + first_names(bad);
}

std::size_t allowed_bad(double max_bad, std::size_t size) {
  constexpr double rounding = 1e-9;
  return static_cast<std::size_t>(max_bad * static_cast<double>(size) +
                                  rounding);
}

}  // namespace quarry::detail
