#include "quarry/strategy/detail/options.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "quarry/strategy.hpp"

#include "catch.hpp"
#include "error_id.hpp"

using namespace quarry;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
const double none = std::nan("");

/// Whether each of `wrong` is refused by a message that names the field, and
/// says what it must be; and each of `right` is taken.
template <class Make>
void check(std::string_view field, const std::vector<double>& wrong,
           const std::vector<double>& right, const Make& make) {
  for (const double value : wrong) {
    CAPTURE(field, value);
    const std::string said = test::error_message([&] { make(value); });
    CHECK(said.starts_with("parameter " + std::string(field) + '='));
    CHECK(said.find(": must be ") != std::string::npos);
    CHECK(test::error_id([&] { make(value); }) == "strategy.bad_param");
  }
  for (const double value : right) {
    CAPTURE(field, value);
    CHECK(test::error_message([&] { make(value); }).empty());
  }
}

/// The same of a count that must be at least 1.
template <class Make>
void check_count(std::string_view field, const Make& make) {
  check(field, {0}, {1, 2},
        [&](double value) { make(static_cast<std::size_t>(value)); });
}

const std::vector<double> not_above_zero = {0, -1, infinity, -infinity, none};
const std::vector<double> below_zero = {-1e-9, infinity, -infinity, none};
const std::vector<double> not_a_share = {-0.1, 1.1, infinity, none};

}  // namespace

TEST_CASE("Options of attacks and committees have their ranges", "[options]") {
  check("step", not_above_zero, {1e-9, 1}, [](double x) { Bim({.step = x}); });
  check_count("max_iterations", [](auto n) { Bim({.max_iterations = n}); });
  check_count("max_iterations",
              [](auto n) { DeepFool({.max_iterations = n}); });
  check_count("max_configurations",
              [](auto n) { BatchBald({.max_configurations = n}); });
  check_count("samples", [](auto n) { BatchBald({.samples = n}); });
}

TEST_CASE("Options of diversity have their ranges", "[options]") {
  check("outliers", {-1, 1.5, infinity, none}, {0, 0.5, 1, 7},
        [](double x) { CoreSet<>({.outliers = x}); });
  check_count("max_iterations",
              [](auto n) { KMeans(WeightedKMeans{{.max_iterations = n}}); });
  check("tolerance", below_zero, {0, 1},
        [](double x) { KMeans(WeightedKMeans{{.tolerance = x}}); });
  check_count("neighbours", [](auto n) { TypiClust<>({.neighbours = n}); });
  check_count("max_clusters", [](auto n) { TypiClust<>({.max_clusters = n}); });
  check("epsilon", not_above_zero, {1e-9, 1},
        [](double x) { TypiClust<>({.epsilon = x}); });
  check_count("max_iterations", [](auto n) {
    TypiClust<>({}, WeightedKMeans{{.max_iterations = n}});
  });
}

TEST_CASE("Options of density have their ranges", "[options]") {
  check("max_delta", not_above_zero, {1e-9, 3},
        [](double x) { DCoM<>({.max_delta = x}); });
  check("k_logistic", below_zero, {0, 50},
        [](double x) { DCoM<>({.k_logistic = x}); });
  check("a_logistic", {infinity, -infinity, none}, {-1, 0, 2},
        [](double x) { DCoM<>({.a_logistic = x}); });
  check_count("n_neighbors", [](auto n) { GraphDensity({.n_neighbors = n}); });
  check("gamma", below_zero, {0, 2},
        [](double x) { GraphDensity({.gamma = x}); });
  check("beta", below_zero, {0, 2},
        [](double x) { InformationDensity<>({.beta = x}); });
  check("delta", not_above_zero, {1e-9, 3},
        [](double x) { ProbCover({.delta = x}); });
  check("alpha", {0, -1, 1.1, none}, {1e-9, 1},
        [](double x) { ProbCover({.alpha = x}); });
  check_count("n_clusters", [](auto n) { ProbCover({.n_clusters = n}); });
  check("squared_delta", {0, -1, none}, {1e-9, infinity}, [](double x) {
    Maximise<CoverFunction, BallKernel>({.kernel = {.squared_delta = x}});
  });
  check("sigma", not_above_zero, {1e-9, 3},
        [](double x) { MaxHerding<>({.kernel = {.sigma = x}}); });
}

TEST_CASE("Options of hybrids have their ranges", "[options]") {
  check("eps", not_above_zero, {1e-9, 3},
        [](double x) { AlfaMix<>({.epsilon = x}); });
  check("lambda", not_above_zero, {1e-9, 3},
        [](double x) { Bait({.lambda = x}); });
  check_count("oversample", [](auto n) { Bait({.oversample = n}); });
  check_count("k", [](auto n) { Cal<>({.k = n}); });
  check("distance_threshold", {-1, none}, {0, 1, infinity},
        [](double x) { ClusterMargin<>({.distance_threshold = x}); });
  check_count("cluster_size",
              [](auto n) { ClusterMargin<>({.cluster_size = n}); });
  check_count("beta", [](auto n) { Dbal<>({.beta = n}); });
  check_count("max_iterations", [](auto n) {
    Dbal<>({}, {}, WeightedKMeans{{.max_iterations = n}});
  });
  check_count("max_iterations", [](auto n) {
    Clue<>({}, WeightedKMeans{{.max_iterations = n}});
  });
  check("lambda", not_above_zero, {1e-9, 3}, [](double x) {
    Discriminative<>({}, LogisticDiscriminator{.lambda = x});
  });
  check_count("sub_batches",
              [](auto n) { Discriminative<>({.sub_batches = n}); });
  check_count("passes", [](auto n) { DropQuery<>({.passes = n}); });
  check("rate", not_a_share, {0, 1},
        [](double x) { DropQuery<>({.rate = x}); });
  check("threshold", not_a_share, {0, 1},
        [](double x) { DropQuery<>({.threshold = x}); });
  check("scale", not_above_zero, {1e-9, 4},
        [](double x) { DropQuery<>({.scale = x}); });
  check("lambda", not_above_zero, {1e-9, 3},
        [](double x) { ExpectedErrorReduction<>({.lambda = x}); });
  check("gamma", below_zero, {0, 10}, [](double x) { Falcun({.gamma = x}); });
  check_count("factor", [](auto n) { Fass<>({.factor = n}); });
  check("sigma", not_above_zero, {1e-9, 3},
        [](double x) { Fass<Entropy, RbfKernel>({.kernel = {.sigma = x}}); });
}

TEST_CASE("Options of set functions have their ranges", "[options]") {
  check("epsilon", {0, 1, -1, none}, {0.1, 0.9},
        [](double x) { FacilityLocation<>({.greedy = {.epsilon = x}}); });
  check("epsilon", {0, 1, none}, {0.1},
        [](double x) { Fass<>({.greedy = {.epsilon = x}}); });
  check("epsilon", {0, 1, none}, {0.1},
        [](double x) { ProbCover({.greedy = {.epsilon = x}}); });
  check("lambda", below_zero, {0, 1},
        [](double x) { GraphCut<>({.function = {.lambda = x}}); });
  check("lambda", below_zero, {0, 1},
        [](double x) { LogDet<>({.function = {.lambda = x}}); });
  check_count("neighbours", [](auto n) {
    SparseFacilityLocation<>({.function = {.neighbours = n}});
  });
  check("sigma", not_above_zero, {1e-9, 3},
        [](double x) { DisparitySum<RawRbfKernel>({.kernel = {.sigma = x}}); });
}

TEST_CASE("Options of combinations and streams have their ranges",
          "[options]") {
  check("epsilon", not_a_share, {0, 1},
        [](double x) { EpsilonGreedy(Margin(), {.epsilon = x}); });
  check("beta", below_zero, {0, 1},
        [](double x) { Stochastic(DrawBy::power, Margin(), {.beta = x}); });
  check("start", not_above_zero, {1e-9, 2},
        [](double x) { VariableUncertainty<>({.threshold = {.start = x}}); });
  check("step", {0, 1, -1, none}, {0.01},
        [](double x) { VariableUncertainty<>({.threshold = {.step = x}}); });
  check("fraction", {0, -1, 1.1, none}, {0.01, 1},
        [](double x) { FixedUncertainty<>({.budget = {.fraction = x}}); });
  check("window", {0, 0.9, infinity, none}, {1, 100},
        [](double x) { FixedUncertainty<>({.budget = {.window = x}}); });
  check("threshold", {infinity, none}, {0, 0.9},
        [](double x) { FixedUncertainty<>({.threshold = x}); });
  check("random", not_a_share, {0, 1},
        [](double x) { Split<>({.random = x}); });
}

TEST_CASE("Options of choices among strategies have their ranges",
          "[options]") {
  check("horizon", {0, 5, 8}, {9, 100}, [](double x) {
    Albl(4, 10, {.bandit = {.horizon = static_cast<std::size_t>(x)}});
  });
  check("delta", {0, -1, 1.1, none}, {0.1, 1},
        [](double x) { Albl(4, 10, {.bandit = {.delta = x}}); });
  // There are five experts with the uniform one.
  check("pmin", {0, -1, 0.21, none}, {0.01, 0.2},
        [](double x) { AlblOptions{.bandit = {.pmin = x}}.validate(4); });
  check("pmin", {0.26}, {0.25}, [](double x) {
    AlblOptions{.bandit = {.pmin = x}, .uniform = false}.validate(4);
  });
  check_count("budget", [](auto n) { Pshea({"a"}, {.budget = n}); });
  check_count("batch", [](auto n) { Pshea({"a"}, {.batch = n}); });
  check("target", {none, -infinity}, {0.9, infinity},
        [](double x) { Pshea({"a"}, {.target = x}); });
  check("min_gain", below_zero, {0, 0.1},
        [](double x) { Pshea({"a"}, {.min_gain = x}); });
  check("noise", below_zero, {0, 0.1},
        [](double x) { Pshea({"a"}, {.curve = {.noise = x}}); });
}
