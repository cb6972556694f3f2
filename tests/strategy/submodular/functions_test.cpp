// The set functions of similarities, against their definitions computed from
// the whole matrix, pick by pick.

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "quarry/strategy/any_strategy.hpp"
#include "quarry/strategy/registry.hpp"
#include "quarry/strategy/submodular/disparity.hpp"
#include "quarry/strategy/submodular/facility_location.hpp"
#include "quarry/strategy/submodular/graph_cut.hpp"
#include "quarry/strategy/submodular/log_det.hpp"
#include "quarry/testing/check_strategy.hpp"

#include "../embedded.hpp"
#include "catch.hpp"
#include "error_id.hpp"
#include "same_picks.hpp"

using namespace quarry;
using namespace quarry::test;

namespace {

using RowNumbers = std::vector<std::size_t>;
/// f(L ∪ S) of a matrix, the labelled rows L and the picked ones S.
using Definition = long double (*)(const Square&, const RowNumbers&,
                                   const RowNumbers&);

RowNumbers joined(const RowNumbers& a, const RowNumbers& b) {
  RowNumbers all = a;
  all.insert(all.end(), b.begin(), b.end());
  return all;
}

long double facility_location(const Square& s, const RowNumbers& l,
                              const RowNumbers& p) {
  long double sum = 0;
  for (std::size_t i = 0; i < s.size(); ++i) {
    long double most = 0;
    for (const std::size_t j : joined(l, p)) most = std::max(most, s[i][j]);
    sum += most;
  }
  return sum;
}

long double graph_cut(const Square& s, const RowNumbers& l,
                      const RowNumbers& p) {
  long double sum = 0;
  for (const std::size_t j : joined(l, p)) {
    for (std::size_t i = 0; i < s.size(); ++i) sum += s[i][j];
    for (const std::size_t i : joined(l, p)) sum -= 0.5L * s[i][j];
  }
  return sum;
}

/// By Gaussian elimination.
long double log_det(const Square& s, const RowNumbers& l, const RowNumbers& p) {
  const RowNumbers rows = joined(l, p);
  Square a(rows.size(), std::vector<long double>(rows.size()));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t j = 0; j < rows.size(); ++j) {
      a[i][j] = s[rows[i]][rows[j]] + (i == j ? 1 : 0);
    }
  }
  long double sum = 0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    sum += std::log(a[k][k]);
    for (std::size_t i = k + 1; i < a.size(); ++i) {
      for (std::size_t j = a.size(); j-- > k;) {
        a[i][j] -= a[i][k] / a[k][k] * a[k][j];
      }
    }
  }
  return sum;
}

long double disparity_min(const Square& s, const RowNumbers& l,
                          const RowNumbers& p) {
  long double least = std::numeric_limits<long double>::infinity();
  for (const std::size_t i : p) {
    for (const std::size_t j : joined(l, p)) {
      if (i != j) least = std::min(least, 1 - s[i][j]);
    }
  }
  return std::isinf(least) ? 0 : least;
}

long double disparity_sum(const Square& s, const RowNumbers& l,
                          const RowNumbers& p) {
  long double sum = 0;
  const RowNumbers rows = joined(l, p);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) sum += 1 - s[rows[i]][rows[j]];
  }
  return sum;
}

/// Whether each pick adds to the definition what its score says, and no other
/// row would have added more.
bool is_greedy(const AnyStrategy& strategy, Definition f,
               const Embedded& embedded, std::size_t budget) {
  const PoolView pool = embedded.pool();
  const Square s = embedded.cosines();
  SelectContext context{.ties = Ties::index, .threads = 2};
  const auto picks = select_from(strategy, pool, budget, context);
  RowNumbers taken;
  for (const RankedPick& pick : picks) {
    const long double before = f(s, embedded.labelled, taken);
    const auto gain = [&](std::size_t row) {
      return f(s, embedded.labelled, joined(taken, {row})) - before;
    };
    const long double mine = gain(pick.index);
    if (!(std::abs(mine - static_cast<long double>(pick.score)) < 1e-11L)) {
      return false;
    }
    for (const std::size_t row : pool.candidates()) {
      const bool is_taken =
          std::find(taken.begin(), taken.end(), row) != taken.end();
      if (!is_taken && gain(row) > mine + 1e-11L) return false;
    }
    taken.push_back(pick.index);
  }
  return picks.size() == std::min(budget, pool.candidates().size());
}

bool is_always_greedy(const AnyStrategy& strategy, Definition f) {
  RandomStream random(31);
  for (std::size_t trial = 0; trial < 12; ++trial) {
    const Embedded embedded =
        random_rows(1 + random.below(30), 2 + random.below(6),
                    trial % 2 == 0 ? 0.2 : 0.0, random);
    if (!is_greedy(strategy, f, embedded, 9)) return false;
  }
  return true;
}

PoolView pool_of_similarity(const std::vector<double>& s, std::size_t rows) {
  return pool_of(rows,
                 {{inputs::similarity, ArrayView(s.data(), {rows, rows})}});
}

}  // namespace

static_assert(SetStrategy<FacilityLocation<>> &&
              SetStrategy<LogDet<RbfKernel>>);
static_assert(BatchedSetFunction<FacilityLocationFunction>);
static_assert(SubmodularFunction<FacilityLocationFunction>);
static_assert(BoundedSetFunction<FacilityLocationFunction>);
static_assert(!SubmodularFunction<DisparitySumFunction>);

TEST_CASE("Picks are greedy by definition, and scores are gains",
          "[submodular]") {
  CHECK(is_always_greedy(FacilityLocation<>(), facility_location));
  CHECK(is_always_greedy(GraphCut<>(), graph_cut));
  CHECK(is_always_greedy(LogDet<>(), log_det));
  CHECK(is_always_greedy(DisparityMin<>(), disparity_min));
  CHECK(is_always_greedy(DisparitySum<>(), disparity_sum));
}

TEST_CASE("A definition with a slip in it is told apart", "[submodular]") {
  const Definition halved = [](const Square& s, const RowNumbers& l,
                               const RowNumbers& p) {
    return 0.5L * facility_location(s, l, p);
  };
  const Definition forgetful = [](const Square& s, const RowNumbers&,
                                  const RowNumbers& p) {
    return facility_location(s, {}, p);
  };
  CHECK_FALSE(is_always_greedy(FacilityLocation<>(), halved));
  CHECK_FALSE(is_always_greedy(FacilityLocation<>(), forgetful));
  CHECK_FALSE(
      is_always_greedy(GraphCut<>({.function = {.lambda = 0.4}}), graph_cut));
  CHECK_FALSE(
      is_always_greedy(LogDet<>({.function = {.lambda = 0.9}}), log_det));
  CHECK_FALSE(is_always_greedy(DisparityMin<>(), disparity_sum));
  CHECK_FALSE(is_always_greedy(DisparitySum<>(), disparity_min));
}

TEST_CASE("Lazy greedy is naive greedy for facility location and log det",
          "[submodular]") {
  RandomStream random(32);
  for (const std::size_t rows : {5, 80, 1500}) {
    const Embedded embedded = random_rows(rows, 4, 0.1, random);
    const PoolView pool = embedded.pool();
    SelectContext context;
    const auto agree = [&]<class S>(const S& lazy) {
      const S naive({.greedy = {.search = Search::naive}});
      return same_and_scored(lazy.select(pool, 30, context),
                             naive.select(pool, 30, context));
    };
    CHECK(agree(FacilityLocation<>()));
    CHECK(agree(FacilityLocation<RbfKernel>()));
    CHECK(agree(LogDet<>()));
  }
}

TEST_CASE("What facility location keeps changes no pick", "[submodular]") {
  RandomStream random(34);
  Embedded embedded = random_rows(700, 5, 0.02, random);
  // Many ties: every other row is a copy of the one before.
  for (std::size_t i = 1; i < embedded.rows; i += 2) {
    std::copy_n(embedded.values.begin() + (i - 1) * 5, 5,
                embedded.values.begin() + i * 5);
  }
  const PoolView pool = embedded.pool();
  std::vector<double> weights(700);
  for (double& weight : weights) weight = random.uniform();
  const auto picks = [&](std::size_t room, Search search, std::size_t threads,
                         const std::vector<double>& w) {
    const auto similarity =
        similarity_of(pool, ground_of(pool), RbfKernel{.sigma = 0.5}, threads,
                      Similarity::Ready::bounds);
    FacilityLocationFunction f(*similarity, w, threads);
    f.allow(room);
    f.add_all(pool.labelled());
    SelectContext context{.threads = threads};
    return greedy(f, pool, pool.candidates(), 200, context, {.search = search});
  };
  for (const auto& w : {std::vector<double>(), weights}) {
    const auto want = picks(0, Search::naive, 1, w);
    for (const std::size_t room : {0, 50'000, 400'000, 100'000'000}) {
      CAPTURE(room, w.size());
      CHECK(same_and_scored(picks(room, Search::lazy, 1, w), want));
    }
    CHECK(same_and_scored(picks(400'000, Search::lazy, 7, w), want));
  }
}

TEST_CASE("Rows that are each other's nearest tie exactly", "[submodular]") {
  // Rows 1 and 4 are alike, and equally like 2 and 3, which lie between them
  // in a sum: only exact sums leave the decision to the rule for ties.
  RandomStream random(33);
  std::size_t unlike = 0;
  for (std::size_t trial = 0; trial < 300; ++trial) {
    const std::size_t rows = 6;
    std::vector<double> s(rows * rows, 0.0);
    const auto set = [&](std::size_t i, std::size_t j, double value) {
      s[i * rows + j] = s[j * rows + i] = value;
    };
    for (std::size_t i = 0; i < rows; ++i) set(i, i, 1.0);
    set(1, 4, random.uniform());
    for (const std::size_t i : {2, 3}) {
      const double value = random.uniform();
      set(1, i, value);
      set(4, i, value);
    }
    const PoolView pool = pool_of_similarity(s, rows);
    const auto similarity = given_similarity(pool, ground_of(pool));
    FacilityLocationFunction f(*similarity, FacilityLocationFunction::Options(),
                               1);
    const auto plain = [&](std::size_t row) {
      double sum = 0.0;
      for (std::size_t i = 0; i < rows; ++i) sum += s[row * rows + i];
      return sum;
    };
    if (plain(1) != plain(4)) ++unlike;
    CHECK(f.gain(1) == f.gain(4));
    f.add(2);
    CHECK(f.gain(1) == f.gain(4));
  }
  CHECK(unlike > 20);
}

TEST_CASE("Gains of weighted rows are weighted", "[submodular]") {
  const std::vector<double> s = {1, 0.5, 0.5, 1};
  const PoolView pool = pool_of_similarity(s, 2);
  const auto similarity = given_similarity(pool, ground_of(pool));
  FacilityLocationFunction f(*similarity, std::vector<double>{2, 0.25}, 1);
  CHECK(f.gain(0) == 2.125);
  CHECK(f.gain(1) == 1.25);
  f.add(1);
  CHECK(f.gain(0) == 1.0);
}

TEST_CASE("A likeness below 0 covers nothing", "[submodular]") {
  const std::vector<double> s = {1, -0.5, -0.5, 1};
  SelectContext context{.ties = Ties::index};
  const auto picks =
      FacilityLocation<>().select(pool_of_similarity(s, 2), 2, context);
  CHECK(picks[0].score == 1.0);
  CHECK(picks[1].score == 1.0);
}

TEST_CASE("What picks span is worth nothing to log det without a ridge",
          "[submodular]") {
  const std::vector<double> h = {1, 0, 1, 0, 0, 1};
  const PoolView pool =
      pool_of(3, {{inputs::embeddings, ArrayView(h.data(), {3, 2})}});
  SelectContext context{.ties = Ties::index};
  const auto picks =
      LogDet<>({.function = {.lambda = 0.0}}).select(pool, 3, context);
  CHECK(rows_of(picks) == std::vector<std::size_t>{0, 2, 1});
  CHECK(picks[2].score == -std::numeric_limits<double>::infinity());
}

TEST_CASE("Random searches of facility location obey the laws",
          "[submodular]") {
  for (const Search search : {Search::stochastic, Search::lazier_than_lazy}) {
    const FacilityLocation<> strategy({.greedy = {.search = search}});
    CHECK(testing::check_strategy(strategy, {.pools = 11, .stochastic = true})
              .text() == "");
  }
}

TEST_CASE("Parameters of the submodular strategies are checked",
          "[submodular]") {
  const auto id = [](const char* name, const char* key, const char* value) {
    return error_id([&] { make_strategy(name, {{key, value}}); });
  };
  CHECK(id("facility_location", "optimizer", "naive").empty());
  CHECK(id("facility_location", "similarity", "inverse_euclidean").empty());
  CHECK(id("facility_location", "optimizer", "best") == "strategy.bad_param");
  CHECK(id("facility_location", "similarity", "dot") == "strategy.bad_param");
  CHECK(id("facility_location", "epsilon", "0.1") == "strategy.unknown_param");
  CHECK(id("facility_location", "sigma", "1") == "strategy.unknown_param");
  CHECK(id("graph_cut", "lambda", "-1") == "strategy.bad_param");
  CHECK(id("log_det", "lambda", "x") == "strategy.bad_param");
  CHECK(id("disparity_min", "lambda", "1") == "strategy.unknown_param");
  const auto rbf = [](const char* sigma) {
    return error_id([&] {
      make_strategy("disparity_sum", {{"similarity", "rbf"}, {"sigma", sigma}});
    });
  };
  CHECK(rbf("0.5").empty());
  CHECK(rbf("0") == "strategy.bad_param");
}
