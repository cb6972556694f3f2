#include "quarry/strategy/divergence.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "catch.hpp"

using namespace quarry;

TEST_CASE("A divergence from what is next to nothing is finite",
          "[divergence]") {
  const std::vector<double> p = {0.5, 0.5};
  constexpr double least = std::numeric_limits<double>::min();
  const double wanted = 0.5 * std::log(0.5 / least) + 0.5 * std::log(0.5);
  for (const double q : {0.0, 1e-320, least}) {
    CAPTURE(q);
    CHECK(kl_divergence(p, std::vector<double>{q, 1.0}) ==
          Approx(wanted).epsilon(1e-15));
    CHECK(std::isfinite(
        SymmetricKl().reduced(std::span<const double>(p),
                              std::span<const double>(std::vector{q, 1.0}))));
  }
  CHECK(kl_divergence(std::vector<double>{0.0, 1.0}, p) == std::log(2.0));
}
