#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "quarry/strategy/any_strategy.hpp"
#include "quarry/strategy/registry.hpp"

#include "catch.hpp"
#include "error_id.hpp"
#include "pools.hpp"

using namespace quarry;
using namespace quarry::test;

TEST_CASE("Given clusters are whole numbers of any type", "[strategy]") {
  RandomStream random(95);
  const std::vector<double> h = random_numbers(12 * 3, random);
  const std::vector<double> p = random_probabilities(12, 3, random);
  const auto pool = [&](const ArrayView& clusters) {
    return pool_of(12, {{inputs::embeddings, ArrayView(h.data(), {12, 3})},
                        {inputs::probabilities, ArrayView(p.data(), {12, 3})},
                        {inputs::clusters, clusters}});
  };
  for (const char* name : {"typiclust", "cluster_margin", "prob_cover"}) {
    CAPTURE(name);
    const AnyStrategy strategy = make_strategy(name, {});
    const auto picks = [&](const ArrayView& clusters) {
      SelectContext context;
      return rows_of(select_from(strategy, pool(clusters), 5, context));
    };
    const auto id = [&](const ArrayView& clusters) {
      return error_id([&] { picks(clusters); });
    };
    std::vector<std::int64_t> whole = {0, 1, 0, 1, 2, 2, 0, 1, 2, 0, 1, 2};
    const std::vector<std::int32_t> narrow(whole.begin(), whole.end());
    std::vector<double> real(whole.begin(), whole.end());
    const auto wanted = picks(ArrayView(whole.data(), {12}));
    CHECK(picks(ArrayView(narrow.data(), {12})) == wanted);
    CHECK(picks(ArrayView(real.data(), {12})) == wanted);
    CHECK(id(ArrayView(whole.data(), {11})) == "strategy.input_shape");
    CHECK(id(ArrayView(whole.data(), {12, 1})) == "strategy.input_shape");
    for (const double wrong :
         {1.5, -1.0, 1e300, std::numeric_limits<double>::quiet_NaN(),
          std::numeric_limits<double>::infinity()}) {
      real[3] = wrong;
      CHECK(id(ArrayView(real.data(), {12})) == "strategy.bad_row");
    }
    whole[3] = -1;
    CHECK(id(ArrayView(whole.data(), {12})) == "strategy.bad_row");
  }
}
