#include "net/backoff.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "catch.hpp"

using namespace quarry;
using namespace quarry::detail;

namespace {

std::vector<double> waits(const NetworkOptions& options, std::size_t nth,
                          std::uint64_t seed) {
  RandomStream random(seed);
  std::vector<double> all;
  for (int i = 0; i < 4000; ++i) all.push_back(backoff(options, nth, random));
  return all;
}

}  // namespace

TEST_CASE("waits are spread from nothing to a bound that doubles",
          "[backoff]") {
  const NetworkOptions options{.backoff = 0.2, .max_backoff = 20.0};
  for (const std::size_t nth : {0, 1, 2, 3, 7, 8, 20, 1000}) {
    CAPTURE(nth);
    const double bound =
        std::min(20.0, 0.2 * std::pow(2.0, std::max(1.0, nth * 1.0) - 1.0));
    const std::vector<double> all = waits(options, nth, 7);
    CHECK(*std::min_element(all.begin(), all.end()) >= 0.0);
    CHECK(*std::max_element(all.begin(), all.end()) <= bound);
    // A tenth of them in every tenth: five standard deviations are 95.
    std::vector<int> tenths(10, 0);
    for (const double wait : all)
      ++tenths[std::min<std::size_t>(9, std::size_t(wait / bound * 10))];
    for (const int count : tenths) CHECK(std::abs(count - 400) < 95);
  }
}

TEST_CASE("waits are those of their seed", "[backoff]") {
  CHECK(waits({}, 3, 1) == waits({}, 3, 1));
  CHECK(waits({}, 3, 1) != waits({}, 3, 2));
}
