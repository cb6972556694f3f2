#include "strategy/kernels/bounds.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "quarry/core/random.hpp"

#include "../instruction_sets.hpp"
#include "catch.hpp"

using namespace quarry;
using namespace quarry::kernels;

TEST_CASE("The exponential of a bound is one", "[kernels]") {
  const std::int64_t target = GENERATE(from_range(test::targets()));
  const test::HeldTo held(target);
  RandomStream random(61);
  for (const float scale :
       {1e-6F, 0.3F, 1.0F, 40.0F, 1e6F, std::numeric_limits<float>::max()}) {
    std::vector<float> x = {0.0F, std::numeric_limits<float>::min(), 4.0F};
    for (int i = 0; i < 1000; ++i) {
      x.push_back(static_cast<float>(4.0 * random.uniform()));
    }
    std::vector<float> bounds = x;
    exp_above(bounds.data(), bounds.size(), scale);
    std::size_t below = 0, far = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double argument = double{scale} * double{x[i]};
      const double exact = std::exp(-argument);
      below += double{bounds[i]} < exact ? 1 : 0;
      far += bounds[i] > exact * (1 + 2e-6 * (1 + argument)) + 1e-37 ? 1 : 0;
    }
    CAPTURE(target, scale);
    CHECK(below == 0);
    CHECK(far == 0);
  }
}

TEST_CASE("Sums and lists of what is above are those of a loop", "[kernels]") {
  const std::int64_t target = GENERATE(from_range(test::targets()));
  const test::HeldTo held(target);
  RandomStream random(62);
  for (const std::size_t count : {0, 1, 15, 16, 17, 1023, 1024, 5000}) {
    std::vector<float> values(count), floors(count), weights(count);
    for (std::size_t i = 0; i < count; ++i) {
      values[i] = static_cast<float>(random.normal());
      floors[i] = i % 7 == 0 ? values[i] : static_cast<float>(random.normal());
      weights[i] = static_cast<float>(random.uniform());
    }
    double sum = 0.0, weighted = 0.0;
    std::vector<std::uint32_t> above;
    for (std::size_t i = 0; i < count; ++i) {
      if (!(values[i] > floors[i])) continue;
      const double more = double{values[i]} - double{floors[i]};
      sum += more;
      weighted += more * double{weights[i]};
      above.push_back(static_cast<std::uint32_t>(i));
    }
    const auto check = [&](const float* w, double want) {
      const SumAbove got =
          sum_above(values.data(), floors.data(), w, values.size());
      CHECK(got.count == above.size());
      CHECK(got.sum >= want);
      CHECK(got.sum <= want * (1 + 1e-4));
    };
    CAPTURE(target, count);
    check(nullptr, sum);
    check(weights.data(), weighted);
    std::vector<std::uint32_t> places(count + take_slack);
    std::vector<float> taken(count + take_slack);
    const std::size_t many = take_above(values.data(), floors.data(), count,
                                        places.data(), taken.data());
    places.resize(many);
    CHECK(places == above);
    for (std::size_t k = 0; k < many; ++k) CHECK(taken[k] == values[places[k]]);
  }
}
