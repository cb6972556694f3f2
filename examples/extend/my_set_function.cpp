// A set function of your own: greedy selection maximises it.
//
// Each sample shows some animals; the picks should show many kinds together.

#include <algorithm>
#include <cstddef>
#include <iostream>
#include <string>
#include <vector>

#include <quarry/strategy.hpp>
#include <quarry/testing/check_set_function.hpp>

// [function]
struct KindsShown {
  // Gains never rise as more is picked: greedy selection may be lazy.
  static constexpr bool submodular = true;
  std::vector<std::string> shown_by_row = {};
  std::string seen = {};

  double gain(std::size_t row) const {
    const std::string& shown = shown_by_row[row];
    return static_cast<double>(std::count_if(
        shown.begin(), shown.end(),
        [&](char kind) { return seen.find(kind) == std::string::npos; }));
  }
  void add(std::size_t row) { seen += shown_by_row[row]; }
};
// [function]

int main() {
  // [use]
  KindsShown kinds{.shown_by_row = {"cd", "cdf", "hc", "h", "fd"}};
  const quarry::PoolView pool({.rows = 5,
                               .candidates = {0, 1, 2, 3, 4},
                               .keys = quarry::row_keys(5, /*seed=*/0)});
  quarry::SelectContext context{.ties = quarry::Ties::index};
  for (const quarry::RankedPick& pick :
       quarry::greedy(kinds, pool, pool.candidates(), /*budget=*/3, context)) {
    std::cout << "row " << pick.index << ": " << pick.score << " new\n";
  }
  // [use]

  // [check]
  kinds.seen.clear();
  const auto laws = quarry::testing::check_set_function([&] { return kinds; },
                                                        pool.candidates());
  std::cout << "laws broken: " << laws.violations.size() << '\n' << laws.text();
  // [check]
  return laws.ok() ? 0 : 1;
}
