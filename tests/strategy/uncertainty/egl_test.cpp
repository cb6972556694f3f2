#include "quarry/strategy/uncertainty/egl.hpp"

#include <cmath>
#include <vector>

#include "../pools.hpp"
#include "catch.hpp"

using namespace quarry;

namespace {

double score(const std::vector<double>& p, const std::vector<double>& h) {
  return Egl().score(
      {.probabilities = RowView(p.data(), static_cast<Eigen::Index>(p.size())),
       .embedding = RowView(h.data(), static_cast<Eigen::Index>(h.size()))});
}

/// Σ_y p_y ‖(p − e_y) ⊗ h‖, with every entry of the gradient written out.
/// `one` is what e_y holds, 1 unless there is a slip in it.
double oracle(const std::vector<double>& p, const std::vector<double>& h,
              double one = 1.0) {
  double expected = 0.0;
  for (std::size_t y = 0; y < p.size(); ++y) {
    double squares = 0.0;
    for (std::size_t c = 0; c < p.size(); ++c) {
      for (const double x : h) {
        const double gradient = (p[c] - (c == y ? one : 0.0)) * x;
        squares += gradient * gradient;
      }
    }
    expected += p[y] * std::sqrt(squares);
  }
  return expected;
}

}  // namespace

static_assert(PointwiseStrategy<Egl> && ScoresRows<Egl>);
static_assert(Egl::needs().has(inputs::embeddings));

TEST_CASE("The expected gradient length is that of gradients written out",
          "[egl]") {
  RandomStream random(31);
  for (const std::size_t classes : {1, 2, 3, 10, 100}) {
    const auto p = test::random_probabilities(1, classes, random);
    const auto h = test::random_numbers(7, random);
    CHECK(score(p, h) == Approx(oracle(p, h)).epsilon(1e-12));
    CHECK(score(p, h) != Approx(oracle(p, h, -1.0)).epsilon(1e-3));
    CHECK(score(p, h) != Approx(oracle(p, h, 0.0)).epsilon(1e-3));
  }
}

TEST_CASE("A certain row moves nothing, nor does one without features",
          "[egl]") {
  CHECK(score({0.0, 1.0, 0.0}, {3.0, 4.0}) == 0.0);
  CHECK(score({1.0}, {3.0, 4.0}) == 0.0);
  CHECK(score({0.5, 0.5}, {0.0, 0.0}) == 0.0);
  CHECK(score({0.5, 0.5}, {3.0, 4.0}) == Approx(5.0 * std::sqrt(0.5)));
  // Nearly certain: a small number, not what is left of cancelling.
  const double e = 1e-10;
  CHECK(score({1.0 - e, e}, {1.0}) ==
        Approx(2.0 * std::sqrt(2.0) * e).epsilon(1e-6));
  CHECK(std::isfinite(score({0.5, 0.5}, {1e300, 1e300})));
}
