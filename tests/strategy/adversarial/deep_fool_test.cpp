#include "quarry/strategy/adversarial/deep_fool.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include "quarry/strategy/registry.hpp"

#include "catch.hpp"
#include "error_id.hpp"
#include "net.hpp"

using namespace quarry;
using test::Net;

static_assert(PointwiseStrategy<DeepFool> && ScoresBlocks<DeepFool>);

namespace {

/// DeepFool for one sample as the paper has it, all gradients written out.
/// Stops where another logit is as large, but for 1e-4 of the first gap.
double oracle(const Net& net, std::vector<double> x, std::size_t steps) {
  const std::size_t y = test::largest(net.logits(x));
  std::vector<double> way(x.size(), 0.0);
  double first = -1.0;
  for (std::size_t step = 0;; ++step) {
    const std::vector<double> z = net.logits(x);
    double gap = std::numeric_limits<double>::infinity();
    for (std::size_t l = 0; l < z.size(); ++l)
      if (l != y) gap = std::min(gap, z[y] - z[l]);
    if (first < 0.0) first = gap;
    if (gap <= 1e-4 * first) return test::norm(way);
    if (step == steps) return std::numeric_limits<double>::infinity();
    std::vector<double> best;
    double nearest = std::numeric_limits<double>::infinity();
    for (std::size_t l = 0; l < z.size(); ++l) {
      if (l == y) continue;
      std::vector<double> w = net.slope(x, l);
      const std::vector<double> of_y = net.slope(x, y);
      for (std::size_t i = 0; i < w.size(); ++i) w[i] -= of_y[i];
      const double length = test::norm(w);
      const double f = std::abs(z[l] - z[y]);
      if (f / length >= nearest) continue;
      nearest = f / length;
      best = w;
      for (double& r : best) r *= f / (length * length);
    }
    if (best.empty()) return std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < x.size(); ++i) {
      x[i] += best[i];
      way[i] += best[i];
    }
  }
}

/// Scores of numbers that are there already.
std::vector<double> score(const std::vector<double>& norms) {
  const NamedArray input{inputs::deep_fool_norms,
                         ArrayView(norms.data(), {norms.size()})};
  const std::vector<std::uint64_t> keys(norms.size());
  std::vector<double> out(norms.size());
  DeepFool().score(
      {.rows = norms.size(), .inputs = std::span(&input, 1), .keys = keys},
      out);
  return out;
}

}  // namespace

TEST_CASE("DeepFool on a linear model is the distance to the boundary",
          "[deep_fool]") {
  RandomStream random(5);
  for (const std::size_t classes : {2, 3, 10}) {
    const Net net = Net::random(12, 8, classes, false, random);
    const Matrix x = test::random_inputs(40, 12, random);
    const auto gradients = std::make_shared<std::size_t>(0);
    const auto lengths =
        test::attack(DeepFool().attack(), net.attacked(gradients), x);
    // One step for all: two batches of at most 32 rows, C − 1 gradients each.
    CHECK(*gradients == 2 * (classes - 1));
    for (std::size_t r = 0; r < 40; ++r) {
      const auto row = test::row_of(x, r);
      const std::vector<double> z = net.logits(row);
      const std::size_t y = test::largest(z);
      double distance = std::numeric_limits<double>::infinity();
      for (std::size_t l = 0; l < classes; ++l) {
        if (l == y) continue;
        std::vector<double> w = net.slope(row, l);
        const std::vector<double> of_y = net.slope(row, y);
        for (std::size_t i = 0; i < 12; ++i) w[i] -= of_y[i];
        distance = std::min(distance, (z[y] - z[l]) / test::norm(w));
      }
      CHECK(lengths[r] == Approx(distance).epsilon(1e-4));
    }
  }
}

TEST_CASE("DeepFool on a curved model is the paper's loop", "[deep_fool]") {
  RandomStream random(6);
  for (const std::size_t classes : {2, 4, 7}) {
    const Net net = Net::random(9, 6, classes, true, random);
    const Matrix x = test::random_inputs(70, 9, random);
    for (const std::size_t steps : {1, 2, 50}) {
      const auto lengths = test::attack(
          DeepFool({.max_iterations = steps}).attack(), net.attacked(), x);
      std::size_t across = 0;
      for (std::size_t r = 0; r < 70; ++r) {
        const double expected = oracle(net, test::row_of(x, r), steps);
        INFO(classes << " classes, " << steps << " steps, row " << r);
        CHECK(static_cast<double>(lengths[r]) ==
              Approx(expected).epsilon(2e-3));
        across += std::isfinite(lengths[r]);
      }
      // One step is not enough for all, and fifty are for most.
      if (steps == 1) CHECK(across < 70);
      if (steps == 50) CHECK(across > 60);
    }
  }
}

TEST_CASE("The nearest to the boundary is first, what stays in its class last",
          "[deep_fool]") {
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK(score({3.0, 0.0, infinity, 0.5}) ==
        std::vector<double>{-9.0, 0.0, -infinity, -0.25});
  CHECK_FALSE(std::signbit(score({0.0})[0]));
}

TEST_CASE("DeepFool's options reach the attack", "[deep_fool]") {
  const AnyStrategy made =
      make_strategy("deep_fool", {{"max_iterations", "7"}});
  const Needs needs = made.needs();
  REQUIRE(needs.size() == 1);
  CHECK(needs.begin()->name == "deep_fool_norms");
  CHECK(needs.begin()->attack == DeepFool({.max_iterations = 7}).attack());
  CHECK(DeepFool().attack().max_iterations == 50);
  CHECK(test::error_id([] { DeepFool({.max_iterations = 0}); }) ==
        "strategy.bad_param");
  CHECK(test::error_id([] {
          make_strategy("deep_fool", {{"max_iterations", "0"}});
        }) == "strategy.bad_param");
  // Two that ask for the same in different ways cannot share it.
  Needs both = DeepFool().needs();
  CHECK(both.merge(DeepFool().needs()).size() == 1);
  CHECK(test::error_id([&] {
          both.merge(DeepFool({.max_iterations = 7}).needs());
        }) == "strategy.bad_param");
}
