// Strategies of density and coverage, against their definitions computed from
// whole matrices.

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <stop_token>
#include <vector>

#include "quarry/strategy/density/dcom.hpp"
#include "quarry/strategy/density/graph_density.hpp"
#include "quarry/strategy/density/herding.hpp"
#include "quarry/strategy/density/information_density.hpp"
#include "quarry/strategy/density/prob_cover.hpp"
#include "quarry/strategy/hybrid/fass.hpp"
#include "quarry/strategy/hybrid/ranked_batch.hpp"
#include "quarry/strategy/kernels/neighbours.hpp"
#include "quarry/strategy/registry.hpp"

#include "../embedded.hpp"
#include "catch.hpp"
#include "error_id.hpp"

using namespace quarry;
using namespace quarry::test;

namespace {

using Numbers = std::vector<long double>;

/// Embeddings and probabilities, some rows labelled.
struct Case {
  Embedded h;
  std::vector<double> p;
  std::size_t classes = 3;

  PoolView pool() const {
    return pool_of(
        h.rows,
        {h.input(), {inputs::probabilities, ArrayView(p.data(), {h.rows, 3})}},
        h.labelled);
  }
  bool is_labelled(std::size_t i) const {
    return std::binary_search(h.labelled.begin(), h.labelled.end(), i);
  }
  /// The entropy of a row, or 1 − (p(1) − p(2)).
  long double entropy(std::size_t i) const {
    long double sum = 0;
    for (std::size_t c = 0; c < classes; ++c) {
      const long double x = p[i * classes + c];
      sum -= x * std::log(x);
    }
    return sum;
  }
  long double margin(std::size_t i) const {
    Numbers row(p.begin() + static_cast<std::ptrdiff_t>(i * classes),
                p.begin() + static_cast<std::ptrdiff_t>((i + 1) * classes));
    std::sort(row.begin(), row.end());
    return 1 - (row[2] - row[1]);
  }
  Square unit_distances() const {
    const Square c = h.cosines();
    return h.square([&](std::size_t i, std::size_t j) {
      return std::sqrt(std::max(0.0L, 2 - 2 * c[i][j]));
    });
  }
};

Case random_case(std::size_t rows, double labelled, RandomStream& random) {
  Case made{random_rows(rows, 3, labelled, random), {}};
  made.p = random_probabilities(rows, 3, random);
  return made;
}

/// What each candidate scores, given what is picked.
using Score = std::function<long double(const Case&, std::size_t row,
                                        const std::vector<std::size_t>& picks)>;

/// Whether each pick has the score of the definition and none is higher.
bool agrees(const AnyStrategy& strategy, const Case& made, const Score& score,
            std::size_t budget = 7) {
  const PoolView pool = made.pool();
  SelectContext context{.ties = Ties::index, .threads = 2};
  const auto picks = select_from(strategy, pool, budget, context);
  std::vector<std::size_t> taken;
  for (const RankedPick& pick : picks) {
    const long double mine = score(made, pick.index, taken);
    if (!std::isnan(pick.score) &&
        !(std::abs(mine - static_cast<long double>(pick.score)) < 1e-12L)) {
      return false;
    }
    for (const std::size_t row : pool.candidates()) {
      if (std::find(taken.begin(), taken.end(), row) != taken.end()) continue;
      if (score(made, row, taken) > mine + 1e-12L) return false;
    }
    taken.push_back(pick.index);
  }
  return picks.size() == std::min(budget, pool.candidates().size());
}

bool always_agrees(const AnyStrategy& strategy, const Score& score) {
  RandomStream random(51);
  for (std::size_t trial = 0; trial < 10; ++trial) {
    const Case made =
        random_case(2 + random.below(30), trial % 2 == 0 ? 0.25 : 0.0, random);
    if (!agrees(strategy, made, score)) return false;
  }
  return true;
}

std::vector<std::size_t> centres(const Case& made,
                                 const std::vector<std::size_t>& picks) {
  std::vector<std::size_t> all = made.h.labelled;
  all.insert(all.end(), picks.begin(), picks.end());
  return all;
}

/// The mean over all rows of what `x` adds to coverage, with weights.
long double herding(const Case& made, std::size_t x,
                    const std::vector<std::size_t>& picks, double sigma,
                    const std::function<long double(std::size_t)>& weight) {
  const Square d = made.unit_distances();
  const auto kernel = [&](std::size_t i, std::size_t j) {
    return std::exp(-d[i][j] * d[i][j] / (sigma * sigma));
  };
  long double sum = 0;
  for (std::size_t u = 0; u < made.h.rows; ++u) {
    long double most = 0;
    for (const std::size_t s : centres(made, picks)) {
      most = std::max(most, kernel(u, s));
    }
    sum += weight(u) * std::max(0.0L, kernel(u, x) - most);
  }
  return sum / static_cast<long double>(made.h.rows);
}

long double max_herding(const Case& made, std::size_t x,
                        const std::vector<std::size_t>& picks) {
  return herding(made, x, picks, 0.7, [](std::size_t) { return 1.0L; });
}

long double uncertainty_herding(const Case& made, std::size_t x,
                                const std::vector<std::size_t>& picks) {
  return herding(made, x, picks, 0.7,
                 [&](std::size_t u) { return made.margin(u); });
}

long double prob_cover(const Case& made, std::size_t x,
                       const std::vector<std::size_t>& picks) {
  const Square d = made.unit_distances();
  long double count = 0;
  for (std::size_t u = 0; u < made.h.rows; ++u) {
    bool covered = false;
    for (const std::size_t s : centres(made, picks)) {
      covered |= d[u][s] < 0.6L;
    }
    if (!covered && d[u][x] < 0.6L) count += 1;
  }
  return count;
}

long double information_density(const Case& made, std::size_t x,
                                const std::vector<std::size_t>&) {
  const Square d = made.h.distances();
  long double sum = 0;
  long double count = 0;
  for (std::size_t v = 0; v < made.h.rows; ++v) {
    if (v == x || made.is_labelled(v)) continue;
    sum += 1 / (1 + d[x][v]);
    count += 1;
  }
  return made.entropy(x) * std::pow(count == 0 ? 0 : sum / count, 2.0L);
}

long double ranked_batch(const Case& made, std::size_t x,
                         const std::vector<std::size_t>& picks) {
  const Square d = made.h.distances();
  const auto all = centres(made, picks);
  if (all.empty()) {
    return -std::accumulate(d[x].begin(), d[x].end(), 0.0L);
  }
  long double nearest = std::numeric_limits<long double>::infinity();
  for (const std::size_t s : all) nearest = std::min(nearest, d[x][s]);
  const auto labelled = static_cast<long double>(all.size());
  const auto rows = static_cast<long double>(made.h.rows);
  const long double alpha = (rows - labelled) / rows;
  long double most = 0;
  for (std::size_t c = 0; c < 3; ++c) {
    most = std::max(most, static_cast<long double>(made.p[x * 3 + c]));
  }
  return alpha * (1 - 1 / (1 + nearest)) + (1 - alpha) * (1 - most);
}

/// Facility location of the cosine among the rows of highest entropy.
Score fass(std::size_t kept) {
  return [kept](const Case& made, std::size_t x,
                const std::vector<std::size_t>& picks) -> long double {
    std::vector<std::size_t> ground;
    for (std::size_t i = 0; i < made.h.rows; ++i) {
      if (!made.is_labelled(i)) ground.push_back(i);
    }
    std::sort(ground.begin(), ground.end(), [&](std::size_t a, std::size_t b) {
      return made.entropy(a) > made.entropy(b);
    });
    ground.resize(std::min(ground.size(), kept));
    if (std::find(ground.begin(), ground.end(), x) == ground.end()) return -1;
    const Square s = made.h.cosines();
    long double sum = 0;
    for (const std::size_t i : ground) {
      long double most = 0;
      for (const std::size_t j : picks) most = std::max(most, s[i][j]);
      sum += std::max(0.0L, s[i][x] - most);
    }
    return sum;
  };
}

}  // namespace

static_assert(SetStrategy<MaxHerding<>> && SetStrategy<UncertaintyHerding<>>);
static_assert(SetStrategy<ProbCover> && SetStrategy<DCoM<>>);
static_assert(SetStrategy<InformationDensity<Margin, RbfKernel>>);
static_assert(SetStrategy<Fass<>> && SetStrategy<RankedBatch<>>);
static_assert(UncertaintyHerding<>::needs().has(inputs::probabilities));
static_assert(!MaxHerding<>::needs().has(inputs::probabilities));

TEST_CASE("Herding is its definition", "[density]") {
  const RbfKernel kernel{.sigma = 0.7};
  CHECK(always_agrees(MaxHerding<>({.kernel = kernel}), max_herding));
  CHECK(always_agrees(UncertaintyHerding<>({.kernel = kernel}),
                      uncertainty_herding));
  CHECK_FALSE(
      always_agrees(MaxHerding<>({.kernel = kernel}), uncertainty_herding));
  CHECK_FALSE(
      always_agrees(MaxHerding<>({.kernel = {.sigma = 0.8}}), max_herding));
  CHECK_FALSE(always_agrees(UncertaintyHerding<Entropy>({.kernel = kernel}),
                            uncertainty_herding));
}

TEST_CASE("ProbCover is its definition", "[density]") {
  CHECK(always_agrees(ProbCover({.delta = 0.6}), prob_cover));
  CHECK_FALSE(always_agrees(ProbCover({.delta = 0.5}), prob_cover));
  CHECK_FALSE(always_agrees(MaxHerding<>(), prob_cover));
}

TEST_CASE("InformationDensity is its definition", "[density]") {
  using Strategy = InformationDensity<Entropy, InverseDistance<>>;
  CHECK(always_agrees(Strategy({.beta = 2}), information_density));
  CHECK_FALSE(always_agrees(Strategy({.beta = 1}), information_density));
  CHECK_FALSE(always_agrees(Strategy({.beta = 2, .self_included = true}),
                            information_density));
  CHECK_FALSE(
      always_agrees(InformationDensity<Margin, InverseDistance<>>({.beta = 2}),
                    information_density));
}

TEST_CASE("InformationDensity prefers the crowd to an outlier", "[density]") {
  const std::vector<double> h = {1, 0, 1, 0.1, 1, -0.1, -5, 40};
  const std::vector<double> p(8, 0.5);
  const PoolView pool =
      pool_of(4, {{inputs::embeddings, ArrayView(h.data(), {4, 2})},
                  {inputs::probabilities, ArrayView(p.data(), {4, 2})}});
  SelectContext context;
  CHECK(InformationDensity<>().select(pool, 4, context)[3].index == 3);
}

TEST_CASE("RankedBatch is its definition", "[density]") {
  CHECK(always_agrees(RankedBatch<>(), ranked_batch));
  CHECK_FALSE(always_agrees(RankedBatch<Entropy>(), ranked_batch));
  CHECK_FALSE(
      always_agrees(RankedBatch<LeastConfidence, Cosine>(), ranked_batch));
}

TEST_CASE("Fass is its definition", "[density]") {
  CHECK(always_agrees(Fass<>({.factor = 2}), fass(14)));
  CHECK_FALSE(always_agrees(Fass<>({.factor = 1}), fass(14)));
  CHECK_FALSE(always_agrees(Fass<Margin>({.factor = 2}), fass(14)));
}

TEST_CASE("GraphDensity is its definition", "[density]") {
  RandomStream random(52);
  for (std::size_t trial = 0; trial < 12; ++trial) {
    const Case made =
        random_case(1 + random.below(30), trial % 2 == 0 ? 0.25 : 0.0, random);
    const std::size_t rows = made.h.rows;
    const std::size_t k = 1 + random.below(5);
    const Square d = made.h.square([&](std::size_t i, std::size_t j) {
      long double sum = 0;
      for (std::size_t c = 0; c < 3; ++c) {
        sum += std::abs(static_cast<long double>(made.h.values[i * 3 + c]) -
                        static_cast<long double>(made.h.values[j * 3 + c]));
      }
      return sum;
    });
    std::vector<std::vector<bool>> joined(rows, std::vector<bool>(rows));
    for (std::size_t i = 0; i < rows; ++i) {
      std::vector<std::size_t> order(rows);
      std::iota(order.begin(), order.end(), std::size_t{0});
      std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return d[i][a] < d[i][b];
      });
      for (std::size_t n = 1; n < std::min(rows, k + 1); ++n) {
        joined[i][order[n]] = joined[order[n]][i] = true;
      }
    }
    Numbers density(rows);
    for (std::size_t i = 0; i < rows; ++i) {
      long double count = 0;
      for (std::size_t j = 0; j < rows; ++j) {
        if (!joined[i][j]) continue;
        density[i] += std::exp(-d[i][j] * 0.4L);
        count += 1;
      }
      if (count > 0) density[i] /= count;
    }
    SelectContext context{.ties = Ties::index, .threads = 2};
    const auto picks = GraphDensity({.n_neighbors = k, .gamma = 0.4})
                           .select(made.pool(), rows, context);
    std::vector<bool> taken(rows);
    for (const RankedPick& pick : picks) {
      CAPTURE(trial, pick.index);
      const long double mine = density[pick.index];
      CHECK(pick.score == Approx(static_cast<double>(mine)).margin(1e-12));
      for (std::size_t i = 0; i < rows; ++i) {
        if (taken[i] || made.is_labelled(i)) continue;
        CHECK(density[i] <= mine + 1e-12L);
      }
      taken[pick.index] = true;
      for (std::size_t i = 0; i < rows; ++i) {
        if (joined[pick.index][i]) density[i] -= mine;
      }
    }
  }
}

TEST_CASE("Delta is the largest that leaves balls pure", "[density]") {
  RandomStream random(53);
  const Embedded h = random_rows(60, 3, 0, random);
  std::vector<std::int64_t> clusters(60);
  for (auto& c : clusters) c = static_cast<std::int64_t>(random.below(4));
  const Square d = h.distances();
  const auto purity = [&](double delta) {
    double pure = 0;
    for (std::size_t i = 0; i < 60; ++i) {
      bool alone = true;
      for (std::size_t j = 0; j < 60; ++j) {
        if (d[i][j] < static_cast<long double>(delta)) {
          alone &= clusters[i] == clusters[j];
        }
      }
      pure += alone ? 1 : 0;
    }
    return pure / 60;
  };
  const auto squared = kernels::nearest_of_other_groups(
      kernels::RowSet(h.input().array), clusters, 2);
  for (const double delta : {0.1, 0.3, 0.5, 0.8, 1.3, 2.0}) {
    CHECK(ball_purity(squared, delta * delta) == purity(delta));
  }
  for (const double alpha : {0.05, 0.5, 0.9, 0.95, 1.0}) {
    const double most = pure_squared_delta(squared, alpha);
    CHECK(ball_purity(squared, most) >= alpha);
    CHECK(ball_purity(squared, std::nextafter(most, 9.0)) < alpha);
  }
  // 0.55 · 100 is more than 55, in double.
  std::vector<double> hundred(100);
  std::iota(hundred.begin(), hundred.end(), 1.0);
  for (int percent = 1; percent <= 100; ++percent) {
    CHECK(pure_squared_delta(hundred, percent / 100.0) == 101.0 - percent);
  }
  const std::vector<std::int64_t> one(60, 7);
  CHECK(std::isinf(pure_squared_delta(
      kernels::nearest_of_other_groups(kernels::RowSet(h.input().array), one),
      1)));
}

TEST_CASE("ProbCover takes its radius from clusters", "[density]") {
  RandomStream random(54);
  const Embedded h = random_rows(40, 3, 0, random);
  std::vector<double> clusters(40);
  for (std::size_t i = 0; i < 40; ++i) clusters[i] = h.values[i * 3] > 0;
  const PoolView pool = pool_of(
      40, {h.input(), {inputs::clusters, ArrayView(clusters.data(), {40})}});
  const auto squared = kernels::nearest_of_other_groups(
      kernels::RowSet(h.input().array).normalised(),
      std::vector<std::int64_t>(clusters.begin(), clusters.end()));
  SelectContext context;
  const auto rows = [&](ProbCoverOptions options) {
    return rows_of(ProbCover(options).select(pool, 9, context));
  };
  // A little less than the root, whose square may be more.
  const double delta = 0.999999 * std::sqrt(pure_squared_delta(squared, 0.5));
  CHECK(rows({.alpha = 0.5}) == rows({.delta = delta}));
  CHECK(rows({.alpha = 0.5}) != rows({}));
  const std::vector<double> few(39);
  const PoolView wrong =
      pool_of(40, {h.input(), {inputs::clusters, ArrayView(few.data(), {39})}});
  CHECK(error_id([&] { ProbCover().select(wrong, 1, context); }) ==
        "strategy.input_shape");
}

TEST_CASE("The nearest row of another cluster is not in a pure ball",
          "[density]") {
  RandomStream random(56);
  const std::vector<double> clusters = {0, 1};
  SelectContext context;
  for (std::size_t trial = 0; trial < 50; ++trial) {
    const Embedded h = random_rows(2, 3, 0, random);
    const PoolView pool = pool_of(
        2, {h.input(), {inputs::clusters, ArrayView(clusters.data(), {2})}});
    const auto picks = ProbCover({.alpha = 1.0}).select(pool, 2, context);
    CAPTURE(trial);
    CHECK(picks[0].score == 1.0);
    CHECK(picks[1].score == 1.0);
  }
}

TEST_CASE("A ball holds the copies of its centre", "[density]") {
  const std::vector<double> h = {1, 0, 1, 0, 0, 1, 0, 1};
  const std::vector<double> clusters = {0, 1, 0, 1};
  const PoolView pool =
      pool_of(4, {{inputs::embeddings, ArrayView(h.data(), {4, 2})},
                  {inputs::clusters, ArrayView(clusters.data(), {4})}});
  SelectContext context;
  const auto picks = ProbCover().select(pool, 3, context);
  CHECK(picks[0].score == 2.0);
  CHECK(picks[1].score == 2.0);
  CHECK(picks[2].score == 0.0);
}

TEST_CASE("ProbCover looks at no similarities", "[density]") {
  RandomStream random(57);
  const Embedded h = random_rows(30, 3, 0.2, random);
  const std::vector<double> s = random_numbers(30 * 30, random);
  const PoolView both = pool_of(
      30, {h.input(), {inputs::similarity, ArrayView(s.data(), {30, 30})}},
      h.labelled);
  SelectContext context;
  const ProbCover strategy({.delta = 0.6});
  CHECK(rows_of(strategy.select(both, 9, context)) ==
        rows_of(strategy.select(h.pool(), 9, context)));
}

TEST_CASE("A score that is no number is refused", "[density]") {
  struct Bad : Pointwise<Bad> {
    double bad = std::nan("");
    double score(const Prediction& prediction) const {
      return prediction.probabilities[0] > 0.5 ? bad : 0.5;
    }
  };
  RandomStream random(58);
  Case made = random_case(20, 0.2, random);
  const auto id = [&](const AnyStrategy& strategy) {
    SelectContext context;
    return error_id([&] { select_from(strategy, made.pool(), 3, context); });
  };
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double number : {std::nan(""), infinity}) {
    Bad bad;
    bad.bad = number;
    CHECK(id(RankedBatch<Bad>(bad)) == "strategy.bad_score");
    CHECK(id(DCoM<Bad>({}, bad)) == "strategy.bad_score");
    CHECK(id(UncertaintyHerding<Bad>({.function = bad})) ==
          "strategy.bad_score");
    CHECK(id(InformationDensity<Bad>({.uncertainty = bad})) ==
          "strategy.bad_score");
    CHECK(id(Fass<Bad>({.uncertainty = bad})) == "strategy.bad_score");
  }
  Bad least;
  least.bad = -infinity;
  CHECK(id(RankedBatch<Bad>(least)).empty());
  CHECK(id(DCoM<Bad>({}, least)) == "strategy.bad_score");
}

TEST_CASE("What scores below 0 weighs nothing in herding", "[density]") {
  struct Below : Pointwise<Below> {
    double low = 0.0;
    double score(const Prediction& prediction) const {
      return prediction.probabilities[0] > 0.3 ? low : 0.5;
    }
  };
  RandomStream random(59);
  const Case made = random_case(30, 0.2, random);
  const auto picks = [&](double low) {
    Below below;
    below.low = low;
    SelectContext context;
    return rows_of(UncertaintyHerding<Below>({.function = below})
                       .select(made.pool(), 9, context));
  };
  CHECK(picks(-1.0) == picks(0.0));
  CHECK(picks(-1.0) != picks(1.0));
}

TEST_CASE("ProbCover finds pseudo-labels itself", "[density]") {
  // Two bundles of directions, and what k-means must make of them.
  RandomStream random(55);
  std::vector<double> h, bundle;
  for (std::size_t i = 0; i < 40; ++i) {
    bundle.push_back(i < 25 ? 0 : 1);
    const double angle = 0.3 * random.normal() + (i < 25 ? 0.0 : 3.0);
    h.insert(h.end(), {std::cos(angle), std::sin(angle)});
  }
  const NamedArray embeddings{inputs::embeddings, ArrayView(h.data(), {40, 2})};
  const PoolView alone = pool_of(40, {embeddings});
  const PoolView told = pool_of(
      40, {embeddings, {inputs::clusters, ArrayView(bundle.data(), {40})}});
  SelectContext context{.ties = Ties::index};
  const ProbCover two({.alpha = 0.9, .n_clusters = 2});
  CHECK(rows_of(two.select(alone, 9, context)) ==
        rows_of(two.select(told, 9, context)));
  // One cluster: any ball is pure, and the first covers all.
  const auto one = ProbCover({.n_clusters = 1}).select(alone, 2, context);
  CHECK(one[0].score == 40.0);
  CHECK(one[1].score == 0.0);
  std::stop_source stop;
  stop.request_stop();
  SelectContext stopped{.stop = stop.get_token()};
  CHECK(ProbCover().select(alone, 3, stopped).empty());
}

TEST_CASE("Options of density strategies are checked", "[density]") {
  const auto id = [](const char* name, const char* key, const char* value) {
    return error_id([&] { make_strategy(name, {{key, value}}); });
  };
  CHECK(id("information_density", "beta", "-1") == "strategy.bad_param");
  CHECK(id("information_density", "uncertainty", "x") == "strategy.bad_param");
  CHECK(id("graph_density", "n_neighbors", "0") == "strategy.bad_param");
  CHECK(id("graph_density", "gamma", "-1") == "strategy.bad_param");
  CHECK(id("graph_density", "gamma", "0").empty());
  CHECK(id("max_herding", "sigma", "0") == "strategy.bad_param");
  CHECK(id("max_herding", "uncertainty", "margin") == "strategy.unknown_param");
  CHECK(id("uncertainty_herding", "kernel", "cosine").empty());
  CHECK(id("prob_cover", "delta", "0") == "strategy.bad_param");
  CHECK(id("prob_cover", "alpha", "0") == "strategy.bad_param");
  CHECK(id("prob_cover", "n_clusters", "0") == "strategy.bad_param");
  CHECK(id("dcom", "max_delta", "0") == "strategy.bad_param");
  CHECK(id("dcom", "k_logistic", "-1") == "strategy.bad_param");
  CHECK(id("fass", "factor", "0") == "strategy.bad_param");
  CHECK(id("ranked_batch", "metric", "cosine").empty());
  CHECK(id("ranked_batch", "metric", "dot") == "strategy.bad_param");
}
