#include "quarry/strategy/hybrid/expected_error_reduction.hpp"

#include <algorithm>
#include <cmath>
#include <stop_token>
#include <vector>

#include "quarry/strategy/registry.hpp"

#include "../embedded.hpp"
#include "../newton.hpp"
#include "catch.hpp"
#include "error_id.hpp"

using namespace quarry;

namespace {

struct Case {
  test::Embedded data;
  std::size_t classes;
  std::vector<double> p;
  std::vector<std::int64_t> labels;

  PoolView pool() const {
    return test::pool_of(
        data.rows,
        {data.input(),
         {inputs::probabilities, ArrayView(p.data(), {data.rows, classes})}},
        data.labelled, 0, labels);
  }

  /// The mean loss of the pool that is expected once `x` has its label, all of
  /// it trained anew for each.
  double expected(std::size_t x, double lambda, bool entropy) const {
    const auto rows = test::standardised(data);
    double sum = 0.0;
    for (std::size_t y = 0; y < classes; ++y) {
      test::Newton fit{.x = rows, .classes = classes};
      fit.lambda = lambda;
      for (std::size_t i = 0; i < labels.size(); ++i) {
        if (labels[i] < 0) continue;
        fit.add(data.labelled[i], static_cast<std::size_t>(labels[i]));
      }
      fit.add(x, y);
      fit.run();
      double loss = 0.0;
      for (std::size_t u = 0; u < data.rows; ++u) {
        if (std::count(data.labelled.begin(), data.labelled.end(), u) > 0) {
          continue;
        }
        const std::vector<double> q = fit.p(u);
        if (entropy) {
          for (const double value : q) loss -= value * std::log(value);
        } else {
          loss += 1.0 - *std::max_element(q.begin(), q.end());
        }
      }
      sum += p[x * classes + y] * loss /
             static_cast<double>(data.rows - data.labelled.size());
    }
    return sum;
  }
};

Case random_case(std::size_t rows, std::size_t classes, double labelled,
                 RandomStream& random) {
  Case made{test::random_rows(rows, 3, labelled, random),
            classes,
            test::random_probabilities(rows, classes, random, 1.5),
            {}};
  for (double& x : made.data.values) x = 2.0 * x - 5.0;
  for (std::size_t i = 0; i < made.data.labelled.size(); ++i) {
    made.labels.push_back(static_cast<std::int64_t>(random.below(classes + 1)) -
                          1);
  }
  if (!made.labels.empty()) made.labels[0] = 0;
  return made;
}

}  // namespace

static_assert(SetStrategy<ExpectedErrorReduction<>>);
static_assert(SetStrategy<ExpectedErrorReduction<LeastConfidence>>);

TEST_CASE("Expected error reduction is its definition",
          "[expected_error_reduction]") {
  RandomStream random(101);
  for (int trial = 0; trial < 6; ++trial) {
    CAPTURE(trial);
    const std::size_t classes = 2 + static_cast<std::size_t>(trial) % 2;
    const Case made = random_case(25, classes, trial == 0 ? 0.0 : 0.3, random);
    const bool entropy = trial % 3 != 2;
    const double lambda = trial < 3 ? 1.0 : 0.1;
    const ExpectedErrorReductionOptions options{.candidates = 0,
                                                .lambda = lambda};
    SelectContext context{.ties = Ties::index, .threads = 3};
    const auto picks =
        entropy
            ? ExpectedErrorReduction<>(options).select(made.pool(), 30, context)
            : ExpectedErrorReduction<LeastConfidence>(options).select(
                  made.pool(), 30, context);
    CHECK(picks.size() == 25 - made.data.labelled.size());
    double last = 0.0;
    for (const RankedPick& pick : picks) {
      const double want = made.expected(pick.index, lambda, entropy);
      CHECK(pick.score == Approx(-want).epsilon(1e-7));
      CHECK((last == 0.0 || pick.score <= last));
      last = pick.score;
    }
  }
}

TEST_CASE("Of many candidates some are looked at",
          "[expected_error_reduction]") {
  RandomStream random(102);
  const Case made = random_case(60, 2, 0.1, random);
  const auto select = [&](std::size_t candidates, std::size_t budget,
                          std::uint64_t seed) {
    SelectContext context{.random = RandomStream(seed), .ties = Ties::index};
    return test::rows_of(ExpectedErrorReduction<>({.candidates = candidates})
                             .select(made.pool(), budget, context));
  };
  // Those looked at are ranked among themselves as they are among all.
  const auto all = select(0, 60, 1);
  const auto some = select(10, 10, 1);
  CHECK(some.size() == 10);
  auto at = all.begin();
  for (const std::size_t row : some) {
    at = std::find(at, all.end(), row);
    CHECK(at != all.end());
  }
  CHECK(select(10, 10, 2) != some);
  CHECK(select(10, 3, 1) ==
        std::vector<std::size_t>(some.begin(), some.begin() + 3));
  CHECK(select(5, 20, 1).size() == 20);
}

TEST_CASE("What expected error reduction cannot do is refused",
          "[expected_error_reduction]") {
  RandomStream random(103);
  Case made = random_case(20, 2, 0.3, random);
  for (const double lambda : {0.0, -1.0, HUGE_VAL, std::nan("")}) {
    CHECK(test::error_id([&] {
            ExpectedErrorReduction<>({.lambda = lambda});
          }) == "strategy.bad_param");
  }
  CHECK(test::error_id([] {
          make_strategy("expected_error_reduction", {{"loss", "margin"}});
        }) == "strategy.bad_param");
  const auto id = [&](SelectContext context) {
    return test::error_id(
        [&] { ExpectedErrorReduction<>().select(made.pool(), 3, context); });
  };
  CHECK(id({}) == "");
  CHECK(id({.memory_limit = 10}) == "strategy.memory");
  std::stop_source source;
  source.request_stop();
  SelectContext context{.stop = source.get_token()};
  CHECK(ExpectedErrorReduction<>().select(made.pool(), 3, context).empty());
  made.labels[0] = 2;
  CHECK(id({}) == "strategy.input_shape");
  made.labels.clear();
  CHECK(id({}) == "strategy.missing_input");
}
