#include "quarry/core/did_you_mean.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "quarry/core/detail/text.hpp"

namespace quarry {
namespace {

/// Optimal string alignment.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  const auto equal = [&](std::size_t i, std::size_t j) {
    return a[i - 1] == b[j - 1];
  };
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (equal(i, j) ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && equal(i, j - 1) && equal(i - 1, j)) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

}  // namespace

std::string nearest_name(std::string_view name,
                         std::span<const std::string> known) {
  std::string best;
  // A very long name is no slip of the finger, and comparing it is quadratic.
  if (name.size() > 256) return best;
  const std::string typed = detail::lower_case(name);
  std::size_t least = std::max<std::size_t>(1, name.size() / 3) + 1;
  for (const std::string& candidate : known) {
    const std::size_t distance =
        edit_distance(typed, detail::lower_case(candidate));
    if (distance >= least) continue;
    least = distance;
    best = candidate;
  }
  return best;
}

std::string did_you_mean(std::string_view name,
                         std::span<const std::string> known) {
  const std::string near = nearest_name(name, known);
  return near.empty() ? "" : "did you mean " + near + '?';
}

}  // namespace quarry
