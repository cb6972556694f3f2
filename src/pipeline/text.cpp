#include "pipeline/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <utility>

namespace quarry::detail {

std::string grouped(std::size_t count) {
  std::string text = std::to_string(count);
  for (std::size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, 1, ',');
  return text;
}

std::string counted(std::size_t count, std::string_view noun) {
  std::string text = grouped(count) + ' ' + std::string(noun);
  if (count != 1) text += 's';
  return text;
}

std::string fixed(double value, int digits) {
  std::array<char, 64> buffer;
  const auto [end, error] =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                    std::chars_format::fixed, digits);
  return error == std::errc() ? std::string(buffer.data(), end) : "?";
}

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
