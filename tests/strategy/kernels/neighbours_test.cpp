#include "quarry/strategy/kernels/neighbours.hpp"

#include <algorithm>
#include <vector>

#include "../lloyd.hpp"
#include "../pools.hpp"
#include "catch.hpp"

using namespace quarry;

TEST_CASE("Neighbours are those that comparing all rows finds", "[kernels]") {
  RandomStream random(61);
  for (int trial = 0; trial < 20; ++trial) {
    const std::size_t width = 1 + random.below(20);
    const std::size_t rows = 2 + random.below(250);
    const std::size_t k = random.below(std::min<std::size_t>(rows, 30));
    auto x = test::random_numbers(rows * width, random);
    if (trial % 2 == 0) {
      for (double& value : x) value = std::round(value);
    }
    const auto h = test::rows_of_width(x, width);
    for (const std::size_t threads : {1, 2}) {
      const auto got = kernels::nearest_neighbours(
          kernels::RowSet(ArrayView(x.data(), {rows, width})), k, threads);
      REQUIRE(got.size() == rows * k);
      bool same = true;
      for (std::size_t i = 0; i < rows; ++i) {
        std::vector<std::pair<double, std::size_t>> all;
        for (std::size_t j = 0; j < rows; ++j) {
          if (j != i) all.emplace_back(test::Lloyd::squared(h[i], h[j]), j);
        }
        std::sort(all.begin(), all.end());
        for (std::size_t n = 0; n < k; ++n) {
          const auto& near = got[i * k + n];
          same &= near.index == all[n].second &&
                  near.squared == Approx(all[n].first).margin(1e-12);
        }
      }
      CHECK(same);
    }
  }
}
