#include "quarry/strategy/adversarial/attack.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include "quarry/strategy/adversarial/bim.hpp"
#include "quarry/strategy/adversarial/deep_fool.hpp"

#include "catch.hpp"
#include "net.hpp"

using namespace quarry;
using test::Net;
using test::never;

static_assert(Attack() == Attack{.run = nullptr, .max_iterations = 50});

TEST_CASE("What an attack says of a row does not depend on the others",
          "[deep_fool][bim]") {
  const Attack how = GENERATE(DeepFool().attack(), Bim().attack());
  RandomStream random(7);
  const Net net = Net::random(9, 6, 5, true, random);
  const Matrix x = test::random_inputs(50, 9, random);
  const auto all = test::attack(how, net.attacked(), x);
  const std::vector<std::size_t> some = {0, 3, 31, 32, 49};
  const auto few = test::attack(how, net.attacked(), x, some);
  for (std::size_t r = 0; r < 50; ++r) {
    const bool asked = std::find(some.begin(), some.end(), r) != some.end();
    CHECK(few[r] == (asked ? all[r] : -1.0F));
    CHECK(test::attack(how, net.attacked(), x, {r})[r] == all[r]);
  }
  CHECK(test::attack(how, net.attacked(), Matrix(0, 9)).empty());
}

TEST_CASE("Attacks know rows on the boundary, and lost ones",
          "[deep_fool][bim]") {
  const Attack how = GENERATE(DeepFool().attack(), Bim().attack());
  RandomStream random(8);
  Net net = Net::random(4, 3, 3, false, random);
  const Matrix x = test::random_inputs(3, 4, random);
  SECTION("two logits are equal") {
    for (std::size_t k = 0; k < 3; ++k) net.v[3 + k] = net.v[k];
    net.b = {100.0, 100.0, 0.0};
    CHECK(test::attack(how, net.attacked(), x) == std::vector<float>(3, 0.0F));
  }
  SECTION("two logits are equal but for rounding") {
    for (std::size_t k = 0; k < 3; ++k) net.v[3 + k] = net.v[k];
    net.b = {100.00003, 100.0, 0.0};
    CHECK(test::attack(how, net.attacked(), x) == std::vector<float>(3, 0.0F));
  }
  SECTION("nothing changes with the input, which is not tried again") {
    net.v.assign(net.v.size(), 0.0);
    const auto gradients = std::make_shared<std::size_t>(0);
    CHECK(test::attack(how, net.attacked(gradients), x) ==
          std::vector<float>(3, never));
    CHECK(*gradients <= 2);
  }
  SECTION("there is one class") {
    const Net one = Net::random(4, 3, 1, true, random);
    CHECK(test::attack(how, one.attacked(), x) == std::vector<float>(3, never));
  }
  SECTION("a sample is of no use") {
    Matrix broken = x;
    broken(1, 2) = std::numeric_limits<float>::quiet_NaN();
    const auto lengths = test::attack(how, net.attacked(), broken);
    CHECK(std::isnan(lengths[1]));
    CHECK_FALSE(std::isnan(lengths[0]));
    CHECK_FALSE(std::isnan(lengths[2]));
  }
  SECTION("a gradient is of no use") {
    AttackedModel model = net.attacked();
    model.gradient = [inner = model.gradient](const Matrix& at,
                                              const Matrix& cotangent) {
      InputGradient given = inner(at, cotangent);
      if (!cotangent.isZero(0))
        given.gradient.setConstant(std::numeric_limits<float>::quiet_NaN());
      return given;
    };
    CHECK(test::attack(how, model, x) == std::vector<float>(3, never));
  }
}

TEST_CASE("DeepFool looks past a class that the input does not move",
          "[deep_fool]") {
  RandomStream random(9);
  Net net = Net::random(4, 3, 3, false, random);
  const Matrix x = test::random_inputs(3, 4, random);
  for (std::size_t k = 0; k < 3; ++k) net.v[3 + k] = net.v[k];
  net.b = {2.0, 1.0, -1000.0};
  for (const float length :
       test::attack(DeepFool().attack(), net.attacked(), x)) {
    CHECK(std::isfinite(length));
    CHECK(length > 1.0F);
  }
}
