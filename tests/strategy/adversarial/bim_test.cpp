#include "quarry/strategy/adversarial/bim.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "quarry/strategy/registry.hpp"

#include "catch.hpp"
#include "error_id.hpp"
#include "net.hpp"

using namespace quarry;
using test::Net;

static_assert(PointwiseStrategy<Bim> && ScoresBlocks<Bim>);

namespace {

/// The loop for one sample, the gradient of −ln p_y written out.
double oracle(const Net& net, std::vector<double> x, double size,
              std::size_t steps) {
  const std::size_t y = test::largest(net.logits(x));
  std::vector<double> way(x.size(), 0.0);
  for (std::size_t step = 0;; ++step) {
    const std::vector<double> z = net.logits(x);
    if (test::largest(z) != y) return test::norm(way);
    if (step == steps) return std::numeric_limits<double>::infinity();
    double sum = 0.0;
    for (const double one : z) sum += std::exp(one - z[y]);
    std::vector<double> gradient(x.size(), 0.0);
    for (std::size_t c = 0; c < z.size(); ++c) {
      const double weight = std::exp(z[c] - z[y]) / sum - (c == y ? 1.0 : 0.0);
      const std::vector<double> g = net.slope(x, c);
      for (std::size_t i = 0; i < x.size(); ++i) gradient[i] += weight * g[i];
    }
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double sign = (gradient[i] > 0.0) - (gradient[i] < 0.0);
      x[i] += size * sign;
      way[i] += size * sign;
    }
  }
}

}  // namespace

TEST_CASE("The basic iterative method is a loop of signed steps", "[bim]") {
  RandomStream random(15);
  for (const std::size_t classes : {2, 4, 7}) {
    const Net net = Net::random(9, 6, classes, true, random);
    const Matrix x = test::random_inputs(70, 9, random);
    for (const std::size_t steps : {3, 50}) {
      for (const double size : {0.05, 0.2}) {
        const auto lengths =
            test::attack(Bim({.step = size, .max_iterations = steps}).attack(),
                         net.attacked(), x);
        std::size_t across = 0;
        for (std::size_t r = 0; r < 70; ++r) {
          INFO(classes << " classes, " << steps << " of " << size << ", row "
                       << r);
          CHECK(static_cast<double>(lengths[r]) ==
                Approx(oracle(net, test::row_of(x, r), size, steps))
                    .epsilon(1e-4));
          across += std::isfinite(lengths[r]);
        }
        CHECK(across > 0);
        if (steps == 3) CHECK(across < 70);
      }
    }
  }
}

TEST_CASE("A step moves where the model is sure beyond rounding", "[bim]") {
  // z = (0, −x): p_0 is 1 in double precision, and its gradient there 0.
  const Net net{.inputs = 1,
                .hidden = 1,
                .classes = 2,
                .curved = false,
                .u = {1.0},
                .v = {0.0, -1.0},
                .b = {0.0, 0.0}};
  const Matrix x = Matrix::Constant(1, 1, 900.0F);
  const Bim far({.step = 100.0, .max_iterations = 50});
  CHECK(test::attack(far.attack(), net.attacked(), x)[0] == 900.0F);
}

TEST_CASE("The score of signed steps is how far they went", "[bim]") {
  const double infinity = std::numeric_limits<double>::infinity();
  const std::vector<double> norms = {3.0, 0.0, infinity, 0.5};
  const NamedArray input{inputs::bim_norms,
                         ArrayView(norms.data(), {norms.size()})};
  const std::vector<std::uint64_t> keys(norms.size());
  std::vector<double> out(norms.size());
  Bim().score(
      {.rows = norms.size(), .inputs = std::span(&input, 1), .keys = keys},
      out);
  CHECK(out == std::vector<double>{-3.0, 0.0, -infinity, -0.5});
}

TEST_CASE("Options of signed steps reach the attack", "[bim]") {
  const Needs needs =
      make_strategy("bim", {{"step", "0.5"}, {"max_iterations", "9"}}).needs();
  REQUIRE(needs.size() == 1);
  CHECK(needs.begin()->name == "bim_norms");
  CHECK(needs.begin()->attack ==
        Bim({.step = 0.5, .max_iterations = 9}).attack());
  CHECK(Bim().attack().step == 0.05);
  CHECK(Bim().attack().max_iterations == 50);
  for (const double step : {0.0, -1.0, std::nan("")}) {
    CHECK(test::error_id([&] { Bim({.step = step}); }) == "strategy.bad_param");
  }
  CHECK(test::error_id([] { Bim({.max_iterations = 0}); }) ==
        "strategy.bad_param");
  CHECK(test::error_id([] {
          make_strategy("bim", {{"step", "0"}});
        }) == "strategy.bad_param");
}
