#include "data/text_table.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

namespace quarry::detail {

void TextTable::sort() {
  std::vector<std::size_t> order(size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return (*this)[a] < (*this)[b];
  });
  TextTable sorted;
  sorted.buffer_.reserve(buffer_.size());
  sorted.ends_.reserve(ends_.size());
  for (const std::size_t i : order) sorted.add((*this)[i]);
  *this = std::move(sorted);
}

void TextTable::shrink_to_fit() {
  buffer_.shrink_to_fit();
  ends_.shrink_to_fit();
}

std::optional<std::pair<std::size_t, std::size_t>> find_duplicate(
    const TextTable& ids) {
  using Hashed = std::pair<std::size_t, std::size_t>;  // hash, index
  std::vector<Hashed> hashed(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    hashed[i] = {std::hash<std::string_view>{}(ids[i]), i};
  }
  std::sort(hashed.begin(), hashed.end());

  std::optional<std::pair<std::size_t, std::size_t>> found;
  // Equal texts share a hash, and so may others. Within one hash the indices
  // ascend, so that the first pair met is the earliest of its text.
  auto begin = hashed.begin();
  while (begin != hashed.end()) {
    const auto end = std::find_if(begin, hashed.end(), [&](const Hashed& h) {
      return h.first != begin->first;
    });
    for (auto later = begin + 1; later < end; ++later) {
      const auto earlier = std::find_if(begin, later, [&](const Hashed& h) {
        return ids[h.second] == ids[later->second];
      });
      if (earlier == later) continue;
      if (!found || later->second < found->second) {
        found = {earlier->second, later->second};
      }
      break;
    }
    begin = end;
  }
  return found;
}

}  // namespace quarry::detail
