#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "quarry/strategy/registry.hpp"
#include "quarry/strategy/stream/fixed_uncertainty.hpp"
#include "quarry/strategy/stream/in_order.hpp"
#include "quarry/strategy/stream/split.hpp"
#include "quarry/strategy/stream/variable_uncertainty.hpp"

#include "../pools.hpp"
#include "catch.hpp"
#include "error_id.hpp"

using namespace quarry;
using namespace quarry::test;

namespace {

using Answers = std::vector<bool>;
using Stream = std::vector<std::vector<double>>;  // probabilities a sample

Prediction prediction(const std::vector<double>& p) {
  return {.probabilities =
              RowView(p.data(), static_cast<Eigen::Index>(p.size()))};
}

Answers answers(auto strategy, const Stream& stream) {
  Answers result;
  for (const auto& p : stream) result.push_back(strategy.ask(prediction(p)));
  return result;
}

Stream random_stream(std::size_t samples, std::size_t classes, double sharpness,
                     RandomStream& random) {
  Stream stream;
  for (std::size_t t = 0; t < samples; ++t) {
    stream.push_back(random_probabilities(1, classes, random, sharpness));
  }
  return stream;
}

/// The rules as written, with the whole history added up for each sample:
/// û = Σ asked_i ((w − 1) / w)^(t − i).
struct Oracle {
  long double fraction = 0.1L, window = 100, theta = 1, step = 0, random = 0;
  std::function<double()> uniform = {};

  Answers run(const Stream& stream) {
    Answers asked;
    for (const auto& p : stream) {
      long double recent = 0;
      for (std::size_t i = 0; i < asked.size(); ++i) {
        const auto age = static_cast<long double>(asked.size() - 1 - i);
        if (asked[i]) recent += std::pow((window - 1) / window, age);
      }
      if (!(recent / window < fraction)) {
        asked.push_back(false);
      } else if (uniform && uniform() < static_cast<double>(random)) {
        asked.push_back(uniform() < static_cast<double>(fraction));
      } else {
        const double surest = *std::max_element(p.begin(), p.end());
        asked.push_back(surest < theta);
        theta *= asked.back() ? 1 - step : 1 + step;
      }
    }
    return asked;
  }
};

std::function<double()> numbers(std::uint64_t seed) {
  return [random = RandomStream(seed)]() mutable {
    return random.uniform();
  };
}

std::size_t count(const Answers& asked) {
  return static_cast<std::size_t>(std::count(asked.begin(), asked.end(), true));
}

}  // namespace

static_assert(StreamStrategy<FixedUncertainty<>>);
static_assert(StreamStrategy<VariableUncertainty<Margin>>);
static_assert(StreamStrategy<Split<>> && !StreamStrategy<Margin>);
static_assert(!SetStrategy<Split<>> && SetStrategy<InOrder<Split<>>>);

TEST_CASE("Streams are decided as the rules are written", "[stream]") {
  RandomStream random(1);
  std::size_t asked = 0, passed = 0;
  for (const double sharpness : {0.5, 1.0, 3.0}) {
    for (const double fraction : {0.02, 0.1, 0.5, 1.0}) {
      for (const double window : {1.0, 7.0, 100.0}) {
        const Stream stream = random_stream(400, 3, sharpness, random);
        const LabellingBudgetOptions budget{fraction, window};
        const Oracle base{.fraction = fraction, .window = window};
        CAPTURE(sharpness, fraction, window);

        Oracle fixed = base;
        fixed.theta = 0.6;
        const Answers got = answers(
            FixedUncertainty({.budget = budget, .threshold = 0.6}), stream);
        CHECK(got == fixed.run(stream));
        asked += count(got);
        passed += got.size() - count(got);

        Oracle variable = base;
        variable.theta = 0.9;
        variable.step = 0.05;
        CHECK(answers(VariableUncertainty(
                          {.budget = budget, .threshold = {0.9, 0.05}}),
                      stream) == variable.run(stream));

        Oracle split = base;
        split.step = 0.01;
        split.random = 0.3;
        split.uniform = numbers(5);
        CHECK(answers(Split({.budget = budget, .random = 0.3}, RandomStream(5)),
                      stream) == split.run(stream));
      }
    }
  }
  CHECK(asked > 1000);
  CHECK(passed > 1000);
}

TEST_CASE("A short stream, by hand", "[stream]") {
  const Stream stream = {{.6, .4}, {.7, .3}, {.9, .1},
                         {.2, .8}, {.5, .5}, {.6, .4}};
  // û: 1, 1.75, 1.3125, 0.984375 + 1, … and asked while û < 2.
  CHECK(answers(FixedUncertainty({.budget = {.fraction = 0.5, .window = 4.0},
                                  .threshold = 0.85}),
                stream) == Answers{true, true, false, true, true, false});
  // θ: 1, 0.5, 0.75, 1.125, 0.5625, 0.28125.
  CHECK(answers(VariableUncertainty(
                    {.budget = {.fraction = 1.0}, .threshold = {.step = 0.5}}),
                stream) == Answers{true, false, false, true, true, false});
}

TEST_CASE("No more is spent than there is", "[stream]") {
  RandomStream random(2);
  for (const double fraction : {0.01, 0.1, 0.7, 1.0}) {
    for (const double window : {1.0, 10.0, 100.0}) {
      // Unsure of everything: only the budget says no.
      FixedUncertainty asks({.budget = {fraction, window}, .threshold = 1.0});
      const double most = window * fraction + 1.0 - fraction;
      double sum = 0.0;
      for (std::size_t t = 0; t < 3000; ++t) {
        const bool left = asks.budget().left();
        CHECK(left == (asks.budget().spent() < fraction));
        const bool asked =
            asks.ask(prediction(random_probabilities(1, 5, random, 0.1)));
        CHECK(asked == left);
        sum += asked ? 1.0 : 0.0;
        CHECK(asks.budget().spent() <
              fraction + (1.0 - fraction) / window + 1e-12);
        CHECK(sum < most * (1.0 + static_cast<double>(t) / window) + 1e-9);
      }
      // And it is spent.
      CHECK(sum >= 3000.0 * fraction * (1.0 - 1.0 / window) - 1.0);
    }
  }
}

TEST_CASE("A threshold rests while nothing is left to spend", "[stream]") {
  VariableUncertainty asks({.budget = {.fraction = 0.1, .window = 10.0}});
  const std::vector<double> unsure = {0.5, 0.5};
  CHECK(asks.ask(prediction(unsure)));  // û = 1: nothing is left
  CHECK(asks.threshold().value() == Approx(0.99));
  CHECK_FALSE(asks.budget().left());
  CHECK_FALSE(asks.ask(prediction(unsure)));
  CHECK(asks.threshold().value() == Approx(0.99));
  CHECK(asks.budget().left());  // û = 0.9
  CHECK(asks.ask(prediction(unsure)));
  CHECK(asks.threshold().value() == Approx(0.99 * 0.99));
}

TEST_CASE("A split stream asks for sure samples, too", "[stream]") {
  // Unsure ones keep θ far below 0.9, so that chance alone asks for that.
  const std::vector<double> sure = {0.9, 0.1}, unsure = {0.5, 0.5};
  std::size_t asked = 0, samples = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Split asks({.budget = {.fraction = 0.5, .window = 1000.0},
                .threshold = {.start = 0.6},
                .random = 0.4},
               RandomStream(seed));
    for (std::size_t t = 0; t < 20; ++t) {
      asks.ask(prediction(unsure));
      asked += asks.ask(prediction(sure)) ? 1 : 0;
      ++samples;
    }
  }
  // ν B = 0.2 of 4000: 800 are due; five standard deviations are 126.
  CHECK(samples == 4000);
  CHECK(asked > 674);
  CHECK(asked < 926);
}

TEST_CASE("Copies of a stream strategy go on by themselves", "[stream]") {
  RandomStream random(3);
  const Stream stream = random_stream(100, 2, 1.0, random);
  Split asks({.random = 0.5});
  for (const auto& p : stream) asks.ask(prediction(p));
  Split other = asks;
  Split third = asks;
  const Answers want = answers(asks, stream);
  for (const auto& p : stream) other.ask(prediction(p));
  CHECK(answers(third, stream) == want);
}

TEST_CASE("Another measure of uncertainty takes the place of the first",
          "[stream]") {
  const Stream stream = {{.6, .4}, {.55, .45, .0}, {.5, .3, .2}};
  CHECK(answers(FixedUncertainty<Margin>(
                    {.budget = {.fraction = 1.0}, .threshold = 0.15}),
                stream) == Answers{false, true, false});
  CHECK(FixedUncertainty<Margin>::needs().has(inputs::probabilities));
}

TEST_CASE("What is as sure as the threshold is not asked for", "[stream]") {
  for (const std::size_t classes : {5, 10, 20}) {
    const double each = 1.0 / static_cast<double>(classes);
    const std::vector<double> even(classes, each);
    const auto asks = [&](double threshold) {
      FixedUncertainty stream(
          {.budget = {.fraction = 1.0}, .threshold = threshold});
      return stream.ask(prediction(even));
    };
    CAPTURE(classes);
    CHECK_FALSE(asks(each));
    CHECK(asks(std::nextafter(each, 1.0)));
  }
}

TEST_CASE("What is no prediction is refused, also when nothing is left",
          "[stream]") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  FixedUncertainty asks({.budget = {.fraction = 0.01, .window = 1.0}});
  const auto id = [&](const std::vector<double>& p) {
    return error_id([&] { asks.ask(prediction(p)); });
  };
  for (std::size_t round = 0; round < 2; ++round) {
    CHECK(id({nan, nan}) == "strategy.bad_row");
    CHECK(id({0.5, nan}) == "strategy.bad_row");
    CHECK(id({2.0, -1.0}) == "strategy.bad_row");
    CHECK(id({0.5, 0.3}) == "strategy.bad_row");
    CHECK(id({}) == "strategy.missing_input");
    CHECK(asks.budget().left() == (round == 0));
    CHECK(asks.ask(prediction({0.5, 0.5})) == (round == 0));
  }
  CHECK(error_message([&] { asks.ask(prediction({nan})); }) ==
        "a prediction's probabilities are all NaN: a sample that failed");
  CHECK(FixedUncertainty().ask(prediction({1.0})) == false);
}

TEST_CASE("Options that make no sense are refused", "[stream]") {
  const auto refused = [](const char* name, const char* key,
                          const char* value) {
    return error_id([&] {
             make_strategy(name, {{key, value}});
           }) == "strategy.bad_param";
  };
  for (const char* name :
       {"fixed_uncertainty", "variable_uncertainty", "split"}) {
    CHECK(refused(name, "fraction", "0"));
    CHECK(refused(name, "fraction", "1.1"));
    CHECK(refused(name, "window", "0.5"));
    CHECK(refused(name, "uncertainty", "entropy"));
    CHECK_NOTHROW(make_strategy(name, {{"uncertainty", "ratio"}}));
  }
  CHECK(refused("variable_uncertainty", "start", "0"));
  CHECK(refused("split", "step", "1"));
  CHECK(refused("split", "step", "0"));
  CHECK(refused("split", "random", "-0.1"));
  CHECK(error_id([] { FixedUncertainty({.threshold = std::nan("")}); }) ==
        "strategy.bad_param");
  CHECK(error_id([] { Split({.random = 1.5}); }) == "strategy.bad_param");
}
