#include "quarry/strategy/regression/committee_std.hpp"

#include <cmath>
#include <vector>

#include "quarry/strategy/any_strategy.hpp"

#include "../pools.hpp"
#include "catch.hpp"

using namespace quarry;

namespace {

std::vector<double> scores(const std::vector<double>& y, std::size_t members) {
  const std::size_t rows = y.size() / members;
  const std::vector<NamedArray> inputs = {
      {inputs::predictions, ArrayView(y.data(), {rows, members})}};
  const std::vector<std::uint64_t> keys(rows);
  std::vector<double> out(rows);
  CommitteeStd().score({.rows = rows, .inputs = inputs, .keys = keys}, out);
  return out;
}

/// By the mean of squares; `divisor` is K, unless there is a slip in it.
double oracle(const double* y, std::size_t members, double divisor) {
  long double sum = 0.0L, squares = 0.0L;
  for (std::size_t k = 0; k < members; ++k) {
    sum += y[k];
    squares += static_cast<long double>(y[k]) * y[k];
  }
  const auto count = static_cast<long double>(members);
  return static_cast<double>(std::sqrt((squares - sum * sum / count) /
                                       static_cast<long double>(divisor)));
}

}  // namespace

static_assert(PointwiseStrategy<CommitteeStd>);

TEST_CASE("The spread of a committee is a standard deviation",
          "[committee_std]") {
  RandomStream random(53);
  for (const std::size_t members : {2, 3, 10}) {
    const auto y = test::random_numbers(20 * members, random);
    const auto got = scores(y, members);
    const auto count = static_cast<double>(members);
    for (std::size_t i = 0; i < 20; ++i) {
      CHECK(got[i] ==
            Approx(oracle(&y[i * members], members, count)).epsilon(1e-12));
      CHECK(got[i] != Approx(oracle(&y[i * members], members, count - 1.0)));
    }
  }
}

TEST_CASE("A committee that agrees has no spread at all", "[committee_std]") {
  CHECK(scores({0.1, 0.1, 0.1, 1e300, 1e300, 1e300}, 3) ==
        std::vector<double>{0.0, 0.0});
  CHECK(scores({7.0}, 1)[0] == 0.0);
  // Far from 0 it is that of the differences.
  CHECK(scores({1e9, 1e9 + 2.0}, 2)[0] == 1.0);
}
