#include "quarry/strategy/uncertainty/expected_cost.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "quarry/strategy/any_strategy.hpp"
#include "quarry/strategy/uncertainty/scores.hpp"

#include "../pools.hpp"
#include "catch.hpp"
#include "error_id.hpp"

using namespace quarry;

namespace {

using Costs = RowMatrix<double>;

ArrayView view_of(const Costs& costs) {
  return {costs.data(),
          {static_cast<std::size_t>(costs.rows()),
           static_cast<std::size_t>(costs.cols())}};
}

std::vector<double> scores(const AnyStrategy& strategy,
                           const std::vector<double>& p, std::size_t classes,
                           const Costs& costs) {
  const std::size_t rows = p.size() / classes;
  const std::vector<NamedArray> inputs = {
      {inputs::probabilities, ArrayView(p.data(), {rows, classes})},
      {inputs::cost_matrix, view_of(costs)}};
  const std::vector<std::uint64_t> keys(rows);
  std::vector<double> out(rows);
  strategy.score({.rows = rows, .inputs = inputs, .keys = keys}, out);
  return out;
}

Costs random_costs(Eigen::Index classes, RandomStream& random) {
  Costs costs(classes, classes);
  for (double& cost : costs.reshaped()) cost = random.normal();
  return costs;
}

/// The cheapest decision, decision by decision.
long double oracle(const double* p, const Costs& costs) {
  long double best = std::numeric_limits<long double>::infinity();
  for (Eigen::Index decision = 0; decision < costs.cols(); ++decision) {
    long double expected = 0.0L;
    for (Eigen::Index truth = 0; truth < costs.rows(); ++truth) {
      expected += static_cast<long double>(p[truth]) *
                  static_cast<long double>(costs(truth, decision));
    }
    best = std::min(best, expected);
  }
  return best;
}

bool agree(const std::vector<double>& got, const std::vector<double>& p,
           const Costs& costs) {
  const auto classes = static_cast<std::size_t>(costs.rows());
  for (std::size_t i = 0; i < got.size(); ++i) {
    const long double want = oracle(p.data() + i * classes, costs);
    if (!(std::abs(static_cast<long double>(got[i]) - want) <= 1e-13L)) {
      return false;
    }
  }
  return true;
}

}  // namespace

static_assert(PointwiseStrategy<ExpectedCost> && !SetStrategy<ExpectedCost>);

TEST_CASE("An expected cost is its definition", "[expected_cost]") {
  RandomStream random(12);
  for (const std::size_t classes : {1, 2, 3, 10, 100}) {
    const Costs costs =
        random_costs(static_cast<Eigen::Index>(classes), random);
    const auto p = test::random_probabilities(20, classes, random);
    const auto got = scores(ExpectedCost(), p, classes, costs);
    CHECK(agree(got, p, costs));
    CHECK(got == scores(ExpectedCost(costs), p, classes, costs));
    // Truth and decision mixed up.
    CHECK(agree(got, p, costs.transpose()) == (classes == 1));
    CHECK_FALSE(agree(got, p, -costs));
  }
}

TEST_CASE("With every error at the same cost it is least confidence",
          "[expected_cost]") {
  RandomStream random(13);
  const auto p = test::random_probabilities(50, 6, random);
  const Costs costs = Costs::Ones(6, 6) - Costs::Identity(6, 6);
  const auto got = scores(ExpectedCost(costs), p, 6, costs);
  for (std::size_t i = 0; i < 50; ++i) {
    const Prediction row{.probabilities = RowView(p.data() + i * 6, 6)};
    CHECK(got[i] == Approx(LeastConfidence().score(row)).epsilon(1e-13));
  }
}

TEST_CASE("What costs do is decided by probabilities of 0 and 1 too",
          "[expected_cost]") {
  Costs costs(2, 2);
  costs << 0, 1, 10, 0;
  CHECK(scores(ExpectedCost(), {0, 1, 1, 0}, 2, costs) ==
        std::vector<double>{0.0, 0.0});
  CHECK(scores(ExpectedCost(), {0.5, 0.5}, 2, costs)[0] == 0.5);
}

TEST_CASE("Costs of other classes, or that are no numbers, are refused",
          "[expected_cost]") {
  const Costs two = Costs::Ones(2, 2);
  CHECK(test::error_id([&] {
          scores(ExpectedCost(), {0.5, 0.25, 0.25}, 3, two);
        }) == "strategy.input_shape");
  CHECK(test::error_id([] { ExpectedCost(Costs::Ones(2, 3)); }) ==
        "strategy.input_shape");
  CHECK(test::error_id([] { ExpectedCost(Costs{}); }) ==
        "strategy.input_shape");
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(),
                           std::numeric_limits<double>::infinity()}) {
    Costs costs = two;
    costs(1, 0) = bad;
    CHECK(test::error_id([&] { ExpectedCost{costs}; }) == "strategy.bad_row");
    costs(1, 1) = bad;
    CHECK(test::error_id([&] { ExpectedCost{costs}; }) == "strategy.bad_row");
    CHECK(test::error_id([&] {
            test::pool_of(3, {{inputs::cost_matrix, view_of(costs)}});
          }) == "strategy.bad_row");
  }
}

TEST_CASE("What is wrong with costs is said", "[expected_cost]") {
  Costs costs = Costs::Ones(2, 2);
  costs.row(1).setConstant(std::numeric_limits<double>::quiet_NaN());
  CHECK(test::error_message([&] { ExpectedCost{costs}; }) ==
        "row 1 of cost_matrix is all NaN");
  const std::vector<std::int64_t> whole = {0, 1, 1, 0};
  CHECK(test::error_message([&] {
          test::pool_of(
              3, {{inputs::cost_matrix, ArrayView(whole.data(), {2, 2})}});
        }) ==
        "cost_matrix holds no floating-point numbers: it is i8 [2, 2], "
        "and must be f2, f4 or f8");
}

TEST_CASE("A pool has costs of its classes, however many rows it has",
          "[expected_cost]") {
  RandomStream random(14);
  const auto p = test::random_probabilities(9000, 3, random);
  const Costs costs = random_costs(3, random);
  const PoolView pool = test::pool_of(
      9000, {{inputs::probabilities, ArrayView(p.data(), {9000, 3})},
             {inputs::cost_matrix, view_of(costs)}});
  SelectContext context{.threads = 2};
  for (const RankedPick& pick :
       select_from(ExpectedCost(), pool, 9000, context)) {
    REQUIRE(
        static_cast<long double>(pick.score) ==
        Approx(static_cast<double>(oracle(p.data() + pick.index * 3, costs))));
  }
}
