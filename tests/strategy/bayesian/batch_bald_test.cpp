#include "quarry/strategy/bayesian/batch_bald.hpp"

#include <algorithm>
#include <cmath>
#include <stop_token>
#include <string>
#include <vector>

#include "quarry/strategy/bayesian/scores.hpp"
#include "quarry/strategy/registry.hpp"

#include "../passes.hpp"
#include "catch.hpp"
#include "error_id.hpp"

using namespace quarry;
using namespace quarry::test;

namespace {

/// H[y_S] − Σ_i mean_k H[p_k(y_i)], written out over all configurations.
/// `term` is the weight of the second: −1, unless there is a slip in it.
long double information(const PassArray<>& p, const std::vector<std::size_t>& s,
                        long double term = -1.0L) {
  // The probability of each configuration under each pass.
  std::vector<std::vector<long double>> joint(
      1, std::vector<long double>(p.passes, 1.0L));
  long double alone = 0.0L;
  for (const std::size_t row : s) {
    const RowPasses passes = p.row(row);
    std::vector<std::vector<long double>> longer;
    for (const auto& configuration : joint) {
      for (std::size_t y = 0; y < p.classes; ++y) {
        longer.push_back(configuration);
        for (std::size_t k = 0; k < p.passes; ++k) {
          longer.back()[k] *= passes[k][y];
        }
      }
    }
    joint = std::move(longer);
    for (const auto& pass : passes) {
      alone += entropy(pass) / static_cast<long double>(p.passes);
    }
  }
  std::vector<long double> q;
  for (const auto& configuration : joint) {
    q.push_back(0.0L);
    for (const long double x : configuration) {
      q.back() += x / static_cast<long double>(p.passes);
    }
  }
  return entropy(q) + term * alone;
}

/// The definition: all candidates, all configurations, at each pick.
std::vector<RankedPick> naive(const PassArray<>& p, const PoolView& pool,
                              std::size_t budget, long double term = -1.0L) {
  std::vector<RankedPick> picks;
  std::vector<std::size_t> chosen;
  while (picks.size() < budget) {
    const long double before = information(p, chosen, term);
    std::size_t best = p.rows;
    long double most = -1e9L;
    for (const std::size_t row : pool.candidates()) {
      if (std::count(chosen.begin(), chosen.end(), row) > 0) continue;
      std::vector<std::size_t> with = chosen;
      with.push_back(row);
      const long double gain = information(p, with, term) - before;
      // Copies tie; what they are computed to need not.
      const bool tie = std::abs(gain - most) < 1e-12L;
      if (tie ? pool.key(row) < pool.key(best) : gain > most) {
        best = row;
        most = std::max(most, gain);
      }
    }
    chosen.push_back(best);
    picks.push_back({best, static_cast<double>(most)});
  }
  return picks;
}

bool agree(const std::vector<RankedPick>& got,
           const std::vector<RankedPick>& want, double tolerance = 1e-9) {
  if (rows_of(got) != rows_of(want)) return false;
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (std::abs(got[i].score - want[i].score) > tolerance) return false;
  }
  return true;
}

PoolView pool_over(const PassArray<>& p,
                   std::vector<std::size_t> labelled = {}) {
  return pool_of(p.rows, {{inputs::passes, p.view()}}, std::move(labelled));
}

std::vector<RankedPick> select(const PassArray<>& p, std::size_t budget,
                               BatchBaldOptions options = {},
                               SelectContext context = {}) {
  return BatchBald(options).select(pool_over(p), budget, context);
}

/// Random passes, some rows of which are copies of others.
PassArray<> passes_with_copies(std::size_t passes, std::size_t rows,
                               std::size_t classes, RandomStream& random) {
  auto p = random_passes(passes, rows, classes, random, 2.0);
  for (std::size_t i = 1; i < rows; i += 3) {
    const std::size_t from = random.below(i);
    for (std::size_t k = 0; k < passes; ++k) {
      for (std::size_t c = 0; c < classes; ++c) {
        p.values[(k * rows + i) * classes + c] =
            p.values[(k * rows + from) * classes + c];
      }
    }
  }
  return p;
}

}  // namespace

static_assert(SetStrategy<BatchBald> && !PointwiseStrategy<BatchBald>);
static_assert(BatchBald::needs().has(inputs::passes));

TEST_CASE("BatchBALD picks what the plain greedy method picks",
          "[batch_bald]") {
  RandomStream random(21);
  for (const std::size_t classes : {2, 3, 4}) {
    for (const std::size_t passes : {1, 2, 6}) {
      for (const std::size_t rows : {5, 70}) {
        CAPTURE(classes, passes, rows);
        const auto p = passes_with_copies(passes, rows, classes, random);
        const PoolView pool = pool_over(p, {2});
        const auto want = naive(p, pool, 4);
        SelectContext context{.threads = 2};
        CHECK(agree(BatchBald().select(pool, 4, context), want));
        // The sign of a term, and the term dropped.
        if (passes == 1) continue;
        CHECK_FALSE(agree(BatchBald().select(pool, 4, context),
                          naive(p, pool, 4, +1.0L)));
        CHECK_FALSE(agree(BatchBald().select(pool, 4, context),
                          naive(p, pool, 4, 0.0L)));
      }
    }
  }
}

TEST_CASE("A batch of one is that of BALD, and so are all first picks",
          "[batch_bald]") {
  RandomStream random(22);
  const auto p = passes_with_copies(7, 300, 5, random);
  SelectContext context;
  const auto bald = select_from(Bald(), pool_over(p), 1, context);
  const auto one = select(p, 1);
  CHECK(one[0].index == bald[0].index);
  CHECK(one[0].score == bald[0].score);
  CHECK(select(p, 3)[0].index == bald[0].index);
}

TEST_CASE("BatchBALD passes over the twin that BALD takes next",
          "[batch_bald]") {
  // Rows 0 and 1 are twins and torn; row 2 is less so, about something else.
  const PassArray<> p{4, 3, 2, {1, 0, 1, 0, 0.9, 0.1,  //
                                1, 0, 1, 0, 0.1, 0.9,  //
                                0, 1, 0, 1, 0.9, 0.1,  //
                                0, 1, 0, 1, 0.1, 0.9}};
  SelectContext context{.ties = Ties::index};
  CHECK(rows_of(select_from(Bald(), pool_over(p), 2, context)) ==
        std::vector<std::size_t>{0, 1});
  const auto picks = select(p, 3, {}, {.ties = Ties::index});
  CHECK(rows_of(picks) == std::vector<std::size_t>{0, 2, 1});
  CHECK(picks[0].score == Approx(std::log(2.0)));
  // The twin adds nothing: its label is known once that of row 0 is.
  CHECK(picks[2].score == Approx(0.0).margin(1e-10));
}

TEST_CASE("Labels after which the model is known count in full",
          "[batch_bald]") {
  // The label of row 0 tells pass 0 from the others; those quarrel about row 1.
  const PassArray<> p{3,
                      2,
                      2,
                      {1, 0, 0.5, 0.5,  //
                       0, 1, 1.0, 0.0,  //
                       0, 1, 0.0, 1.0}};
  for (const std::size_t most : {1, 100}) {
    const auto picks =
        select(p, 2, {.max_configurations = most}, {.ties = Ties::index});
    CHECK(rows_of(picks) == std::vector<std::size_t>{0, 1});
    CHECK(picks[1].score == Approx(2.0 / 3.0 * std::log(2.0)).epsilon(0.01));
  }
}

TEST_CASE("Drawn configurations tell what all of them tell, nearly",
          "[batch_bald]") {
  RandomStream random(23);
  const auto p = random_passes(6, 12, 3, random, 2.0);
  const auto exact = select(p, 6);
  double whole = 0.0;
  for (const RankedPick& pick : exact) whole += pick.score;
  CHECK(whole == Approx(static_cast<double>(information(p, rows_of(exact)))));

  const BatchBaldOptions few{.max_configurations = 1, .samples = 20'000};
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    const auto drawn = select(p, 6, few, {.random = RandomStream(seed)});
    double sum = 0.0;
    for (const RankedPick& pick : drawn) sum += pick.score;
    CHECK(sum != whole);
    CHECK(sum == Approx(static_cast<double>(information(p, rows_of(drawn))))
                     .epsilon(0.01));
    CHECK(drawn[0].index == exact[0].index);
  }
  // Few of them, drawn once exact ones are too many, are worse at it but sane.
  for (const RankedPick& pick :
       select(p, 12, {.max_configurations = 9, .samples = 50})) {
    CHECK(pick.score >= 0.0);
    CHECK(pick.score < std::log(3.0));
  }
}

TEST_CASE("Drawing follows the seed and nothing else", "[batch_bald]") {
  RandomStream random(24);
  const auto p = random_passes(5, 60, 4, random);
  const BatchBaldOptions options{.max_configurations = 20, .samples = 30};
  const auto draw = [&](std::uint64_t seed, std::size_t threads) {
    return rows_of(select(p, 20, options,
                          {.random = RandomStream(seed), .threads = threads}));
  };
  CHECK(draw(1, 1) == draw(1, 1));
  CHECK(draw(1, 1) == draw(1, 7));
  CHECK(draw(1, 1) != draw(2, 1));
}

TEST_CASE("Passes that agree tell nothing, and all are picked in order",
          "[batch_bald]") {
  PassArray<> p{3, 4, 2, {}};
  for (std::size_t k = 0; k < 3; ++k) {
    for (const double x : {1.0, 0.0, 0.5, 0.5, 0.3, 0.7, 0.0, 1.0}) {
      p.values.push_back(x);
    }
  }
  const auto picks = select(p, 9, {}, {.ties = Ties::index});
  CHECK(rows_of(picks) == std::vector<std::size_t>{0, 1, 2, 3});
  for (const RankedPick& pick : picks) CHECK(pick.score == 0.0);
}

TEST_CASE("Fifty picks of certain passes do not underflow", "[batch_bald]") {
  RandomStream random(25);
  const auto p = random_passes(4, 60, 3, random, 30.0);
  const auto picks = select(p, 60, {.samples = 100});
  REQUIRE(picks.size() == 60);
  double whole = 0.0;
  for (const RankedPick& pick : picks) {
    REQUIRE(std::isfinite(pick.score));
    whole += pick.score;
  }
  // Once it is known which pass is right there is nothing more to learn.
  CHECK(whole <= std::log(4.0) + 1e-6);
}

TEST_CASE("What BatchBALD cannot do is refused", "[batch_bald]") {
  const auto id = [](StrategyParams params) {
    return error_id([&] { make_strategy("batch_bald", std::move(params)); });
  };
  CHECK(id({{"max_configurations", "1"}, {"samples", "1"}}).empty());
  CHECK(id({{"max_configurations", "0"}}) == "strategy.bad_param");
  CHECK(id({{"samples", "0"}}) == "strategy.bad_param");
  CHECK(id({{"sample", "1"}}) == "strategy.unknown_param");
  CHECK(error_id([] { BatchBald({.samples = 0}); }) == "strategy.bad_param");

  RandomStream random(26);
  const auto p = random_passes(3, 9, 3, random);
  const BatchBaldOptions exact{.max_configurations = 9, .exact = true};
  CHECK(select(p, 3, exact).size() == 3);
  CHECK(error_message([&] { select(p, 4, exact); }) ==
        "parameter exact=true: the labels of 3 picks have more than "
        "max_configurations=9 configurations");
  CHECK(error_id([&] { select(p, 2, {}, {.memory_limit = 1000}); }) ==
        "strategy.memory");
}

TEST_CASE("Asked to stop, BatchBALD keeps its picks", "[batch_bald]") {
  RandomStream random(27);
  const auto p = random_passes(3, 40, 3, random);
  const auto whole = rows_of(select(p, 5));
  const auto hook = [](const Progress& progress) {
    return progress.done >= 1 ? Flow::stop : Flow::go_on;
  };
  const auto cut = rows_of(select(p, 5, {}, {.progress = hook}));
  REQUIRE(cut.size() <= whole.size());
  CHECK(std::equal(cut.begin(), cut.end(), whole.begin()));
  std::stop_source source;
  source.request_stop();
  CHECK(select(p, 5, {}, {.stop = source.get_token()}).empty());
}
