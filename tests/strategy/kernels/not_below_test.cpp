#include "strategy/kernels/not_below.hpp"

#include <limits>
#include <vector>

#include "quarry/core/random.hpp"

#include "../instruction_sets.hpp"
#include "catch.hpp"

using namespace quarry;

namespace {

/// Whether those are found that a loop finds.
template <class T>
bool finds(const std::vector<T>& values, T floor) {
  std::vector<std::size_t> want, got(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!(values[i] < floor)) want.push_back(i);
  }
  got.resize(kernels::not_below(values, floor, got.data()));
  return got == want;
}

template <class T>
bool finds_all_kinds(std::size_t count, RandomStream& random) {
  using Limits = std::numeric_limits<T>;
  std::vector<T> values(count);
  for (T& value : values) {
    const double x = random.uniform();
    value = x < 0.03   ? Limits::quiet_NaN()
            : x < 0.06 ? Limits::infinity()
            : x < 0.3  ? -Limits::infinity()
                       : static_cast<T>(random.uniform());
  }
  bool all = true;
  for (const T floor : {T(-1), T(0.5), T(0.99), T(2), Limits::infinity(),
                        -Limits::infinity()}) {
    all = all && finds(values, floor);
  }
  for (T& value : values) value = T(0.25);
  return all && finds(values, T(0.25)) && finds(values, T(0.5));
}

}  // namespace

TEST_CASE("What is not below a floor is found", "[kernels]") {
  const std::int64_t target = GENERATE(from_range(test::targets()));
  const test::HeldTo held(target);
  RandomStream random(73);
  for (const std::size_t count : {0, 1, 7, 8, 15, 16, 17, 64, 1000}) {
    CAPTURE(target, count);
    CHECK(finds_all_kinds<float>(count, random));
    CHECK(finds_all_kinds<double>(count, random));
  }
}
