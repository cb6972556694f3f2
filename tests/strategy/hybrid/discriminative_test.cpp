#include "quarry/strategy/hybrid/discriminative.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <numeric>
#include <stop_token>
#include <vector>

#include "quarry/strategy/detail/parallel.hpp"
#include "quarry/strategy/registry.hpp"

#include "../embedded.hpp"
#include "../newton.hpp"
#include "catch.hpp"
#include "error_id.hpp"

using namespace quarry;

namespace {

using Set = std::vector<std::size_t>;

/// The probability of each row not to be labelled: the minimum of the
/// definition by Newton's method, on two classes.
std::vector<double> unlabelled(const test::Embedded& data, const Set& labelled,
                               double lambda) {
  test::Newton fit{.x = test::standardised(data), .classes = 2};
  fit.lambda = lambda;
  const auto few = static_cast<double>(labelled.size());
  const auto others = static_cast<double>(data.rows) - few;
  for (std::size_t i = 0; i < data.rows; ++i) {
    const bool mine =
        std::find(labelled.begin(), labelled.end(), i) != labelled.end();
    fit.add(i, mine ? 0 : 1, 0.5 / (mine ? few : others));
  }
  fit.run();
  std::vector<double> p;
  for (std::size_t i = 0; i < data.rows; ++i) p.push_back(fit.p(i)[1]);
  return p;
}

/// A discriminator that counts how often it is asked.
struct Counting {
  std::vector<std::size_t>* labelled;
  std::vector<double> log_odds(const DiscriminatorTask& task) const {
    labelled->push_back(static_cast<std::size_t>(
        std::count(task.labelled.begin(), task.labelled.end(), 1)));
    std::vector<double> odds(task.rows.size());
    std::iota(odds.begin(), odds.end(), 0.0);
    return odds;
  }
  std::size_t bytes(std::size_t, std::size_t, std::size_t) const { return 0; }
};

}  // namespace

static_assert(SetStrategy<Discriminative<>> &&
              SetStrategy<Discriminative<Counting>>);
static_assert(Discriminator<LogisticDiscriminator> && !Discriminator<int>);

TEST_CASE("Discriminative selection is its definition", "[discriminative]") {
  RandomStream random(91);
  for (int trial = 0; trial < 8; ++trial) {
    CAPTURE(trial);
    test::Embedded data =
        test::random_rows(40 + random.below(40), 4, 0.2, random);
    for (double& x : data.values) x = 3.0 * x + 7.0;
    const std::size_t budget = 4 + random.below(8);
    const std::size_t parts = 1 + random.below(4);
    const double lambda = trial % 2 == 0 ? 0.01 : 0.3;
    SelectContext context{.ties = Ties::index, .threads = 3};
    const auto picks =
        Discriminative<>({.sub_batches = parts}, {.lambda = lambda})
            .select(data.pool(), budget, context);
    Set labelled = data.labelled, want;
    std::vector<double> scores;
    const std::size_t part = (budget + parts - 1) / parts;
    while (want.size() < budget) {
      const std::vector<double> p = unlabelled(data, labelled, lambda);
      Set rows(data.rows);
      std::iota(rows.begin(), rows.end(), std::size_t{0});
      std::erase_if(rows, [&](std::size_t i) {
        return std::find(labelled.begin(), labelled.end(), i) != labelled.end();
      });
      std::sort(rows.begin(), rows.end(),
                [&](std::size_t a, std::size_t b) { return p[a] > p[b]; });
      rows.resize(std::min(part, budget - want.size()));
      for (const std::size_t row : rows) {
        labelled.push_back(row);
        want.push_back(row);
        scores.push_back(p[row]);
      }
    }
    CHECK(test::rows_of(picks) == want);
    for (std::size_t i = 0; i < picks.size(); ++i) {
      CHECK(picks[i].score == Approx(scores[i]).margin(1e-6));
    }
  }
}

TEST_CASE("Logistic regression finds the optimum of two classes",
          "[discriminative]") {
  // More rows than are summed at once, far from the origin.
  RandomStream random(96);
  test::Embedded data = test::random_rows(531, 9, 0.2, random);
  for (double& x : data.values) x = 0.1 * x + 1e4;
  std::vector<std::uint8_t> marks(data.rows);
  for (const std::size_t i : data.labelled) marks[i] = 1;
  const kernels::RowSet rows(data.input().array);
  const std::function<Flow()> go_on = [] {
    return Flow::go_on;
  };
  for (const double lambda : {0.001, 0.3}) {
    const std::vector<double> p = unlabelled(data, data.labelled, lambda);
    const std::vector<double> odds =
        LogisticDiscriminator{.lambda = lambda}.log_odds(
            {.rows = rows, .labelled = marks, .threads = 2, .go_on = go_on});
    REQUIRE(odds.size() == data.rows);
    for (std::size_t i = 0; i < data.rows; ++i) {
      CHECK(odds[i] == Approx(std::log(p[i] / (1.0 - p[i]))).margin(1e-5));
    }
  }
}

TEST_CASE("As many threads as it pays to start find the same odds",
          "[discriminative]") {
  RandomStream random(97);
  const test::Embedded data = test::random_rows(4100, 256, 0.2, random);
  std::vector<std::uint8_t> marks(data.rows);
  for (const std::size_t i : data.labelled) marks[i] = 1;
  const kernels::RowSet rows(data.input().array);
  REQUIRE(detail::threads_worth(7, rows.size() * rows.width()) > 1);
  const std::function<Flow()> go_on = [] {
    return Flow::go_on;
  };
  const auto odds = [&](std::size_t threads) {
    return LogisticDiscriminator{.lambda = 1.0}.log_odds(
        {.rows = rows, .labelled = marks, .threads = threads, .go_on = go_on});
  };
  const std::vector<double> one = odds(1);
  CHECK(odds(2) == one);
  CHECK(odds(7) == one);
}

TEST_CASE("The budget is spent in parts", "[discriminative]") {
  RandomStream random(92);
  const test::Embedded data = test::random_rows(30, 2, 0.0, random);
  Set asked;
  SelectContext context{.ties = Ties::index};
  const auto picks = Discriminative<Counting>({.sub_batches = 3}, {&asked})
                         .select(data.pool(), 8, context);
  // The first part has nothing to go by.
  CHECK(asked == Set{3, 6});
  CHECK(test::rows_of(picks) == Set{0, 1, 2, 29, 28, 27, 26, 25});
  CHECK(std::isnan(picks[2].score));
  CHECK(picks[3].score == Approx(1.0));
}

TEST_CASE("What lies elsewhere than labelled rows comes first",
          "[discriminative]") {
  // Rows 0 to 9 are labelled and like 10 to 19; 20 to 29 are not.
  RandomStream random(93);
  test::Embedded data{30, 3, test::random_numbers(90, random), {}};
  for (std::size_t i = 0; i < 10; ++i) data.labelled.push_back(i);
  for (std::size_t i = 60; i < 90; ++i) data.values[i] += 5.0;
  SelectContext context;
  for (const RankedPick& pick :
       Discriminative<>({.sub_batches = 1}).select(data.pool(), 10, context)) {
    CHECK(pick.index >= 20);
    CHECK(pick.score > 0.5);
  }
}

TEST_CASE("What discriminative selection cannot do is refused",
          "[discriminative]") {
  RandomStream random(94);
  const test::Embedded data = test::random_rows(30, 2, 0.3, random);
  CHECK(test::error_id([] { Discriminative<>({.sub_batches = 0}); }) ==
        "strategy.bad_param");
  CHECK(test::error_id([] { Discriminative<>({}, {.lambda = 0.0}); }) ==
        "strategy.bad_param");
  CHECK(test::error_id([] {
          make_strategy("discriminative", {{"lambda", "0"}});
        }) == "strategy.bad_param");
  CHECK(test::error_id([&] {
          SelectContext context{.memory_limit = 10};
          Discriminative<>().select(data.pool(), 3, context);
        }) == "strategy.memory");
}

TEST_CASE("Stopped in a later part it has the parts before",
          "[discriminative]") {
  /// Asks to stop when it is called for the third time.
  struct Stops : LogisticDiscriminator {
    std::stop_source* source = nullptr;
    std::size_t* calls = nullptr;
    std::vector<double> log_odds(const DiscriminatorTask& task) const {
      if (++*calls == 3) source->request_stop();
      return LogisticDiscriminator::log_odds(task);
    }
  };
  RandomStream random(95);
  const test::Embedded data = test::random_rows(30, 2, 0.3, random);
  const DiscriminativeOptions options{.sub_batches = 4};
  SelectContext context;
  auto whole =
      test::rows_of(Discriminative<>(options).select(data.pool(), 8, context));
  std::stop_source source;
  context.stop = source.get_token();
  std::size_t calls = 0;
  Stops stops;
  stops.source = &source;
  stops.calls = &calls;
  const Discriminative<Stops> strategy(options, stops);
  const auto part = test::rows_of(strategy.select(data.pool(), 8, context));
  whole.resize(4);
  CHECK(part == whole);
  CHECK(strategy.select(data.pool(), 8, context).empty());
}
