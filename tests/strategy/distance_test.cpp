#include "quarry/strategy/distance.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "quarry/core/random.hpp"

#include "catch.hpp"

using namespace quarry;

namespace {
struct NoReduced {
  double distance(double x) const { return x; }
};
}  // namespace

static_assert(RowDistance<Euclidean>);
static_assert(RowDistance<Cosine>);
static_assert(!RowDistance<NoReduced>);
static_assert(!RowDistance<int>);

TEST_CASE("The Euclidean distance is the root of summed squares",
          "[distance]") {
  RandomStream random(1);
  for (std::size_t width = 0; width < 40; ++width) {
    std::vector<double> a(width), b(width);
    long double want = 0;
    for (std::size_t i = 0; i < width; ++i) {
      a[i] = 1e3 * random.normal();
      b[i] = 1e3 * random.normal();
      want += (static_cast<long double>(a[i]) - b[i]) *
              (static_cast<long double>(a[i]) - b[i]);
    }
    const std::span<const double> x(a), y(b);
    const Euclidean d;
    CAPTURE(width);
    CHECK(d.distance(d.reduced(x, y)) ==
          Approx(static_cast<double>(std::sqrt(want))).epsilon(1e-14));
    CHECK(d.reduced(x, y) == d.reduced(y, x));
    CHECK(d.reduced(x, x) == 0.0);
  }
}

TEST_CASE("Close rows far from the origin do not cancel", "[distance]") {
  // ‖a‖² + ‖b‖² − 2ab loses all of this difference in double.
  const std::vector<double> a = {1e9, 1e9}, b = {1e9 + 1e-3, 1e9};
  const double difference = b[0] - a[0];
  const Euclidean d;
  CHECK(d.distance(d.reduced(std::span<const double>(a),
                             std::span<const double>(b))) == difference);
}

TEST_CASE("Floats are compared in double", "[distance]") {
  const float big = std::numeric_limits<float>::max();
  const std::vector<float> a = {big, big}, b = {-big, -big};
  const Euclidean d;
  const double reduced =
      d.reduced(std::span<const float>(a), std::span<const float>(b));
  CHECK(d.distance(reduced) ==
        Approx(std::sqrt(8.0) * static_cast<double>(big)));
}

TEST_CASE("The cosine distance is one less the cosine", "[distance]") {
  RandomStream random(2);
  const Cosine d;
  for (std::size_t width = 1; width < 20; ++width) {
    std::vector<double> a(width), b(width);
    long double ab = 0, aa = 0, bb = 0;
    for (std::size_t i = 0; i < width; ++i) {
      a[i] = random.normal();
      b[i] = 1e4 * random.normal();
      ab += static_cast<long double>(a[i]) * b[i];
      aa += static_cast<long double>(a[i]) * a[i];
      bb += static_cast<long double>(b[i]) * b[i];
    }
    const std::span<const double> x(a), y(b);
    CAPTURE(width);
    CHECK(
        d.distance(d.reduced(x, y)) ==
        Approx(static_cast<double>(1 - ab / std::sqrt(aa * bb))).margin(1e-15));
    CHECK(d.reduced(x, y) == d.reduced(y, x));
    CHECK(d.reduced(x, x) == 0.0);
  }
}

TEST_CASE("Rows without a direction have a cosine distance", "[distance]") {
  const Cosine d;
  const std::vector<double> zero = {0, 0}, one = {1, 0}, huge = {1e300, 0},
                            tiny = {0, 1e-300};
  const auto between = [&](const auto& a, const auto& b) {
    return d.reduced(std::span<const double>(a), std::span<const double>(b));
  };
  CHECK(between(zero, zero) == 0.0);
  CHECK(between(zero, one) == 1.0);
  CHECK(between(one, huge) == 0.0);
  CHECK(between(huge, tiny) == 1.0);
}
