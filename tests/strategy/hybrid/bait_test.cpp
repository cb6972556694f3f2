#include "quarry/strategy/hybrid/bait.hpp"

#include <algorithm>
#include <cmath>
#include <stop_token>
#include <vector>

#include <Eigen/LU>

#include "quarry/strategy/registry.hpp"

#include "../pools.hpp"
#include "catch.hpp"
#include "error_id.hpp"

using namespace quarry;

namespace {

struct Data {
  std::size_t rows, width, classes;
  std::vector<double> h, p;
  std::vector<std::size_t> labelled;

  Data(std::size_t n, std::size_t d, std::size_t c, bool some,
       RandomStream& random)
      : rows(n),
        width(d),
        classes(c),
        h(test::random_numbers(n * d, random)),
        p(test::random_probabilities(n, c, random)) {
    if (some) labelled = {1, 4, 5};
  }

  PoolView pool() const {
    return test::pool_of(
        rows,
        {{inputs::embeddings, ArrayView(h.data(), {rows, width})},
         {inputs::probabilities, ArrayView(p.data(), {rows, classes})}},
        labelled);
  }

  /// (diag(p) − p pᵀ) ⊗ h hᵀ, entry by entry. `mixed` is the weight of the
  /// second term: 1, unless there is a slip in it.
  Eigen::MatrixXd information(std::size_t x, double mixed) const {
    const std::size_t size = classes * width;
    Eigen::MatrixXd all(size, size);
    for (std::size_t i = 0; i < size; ++i) {
      for (std::size_t j = 0; j < size; ++j) {
        const double a = p[x * classes + i / width];
        const double b = p[x * classes + j / width];
        all(i, j) = ((i / width == j / width ? a : 0.0) - mixed * a * b) *
                    h[x * width + i % width] * h[x * width + j % width];
      }
    }
    return all;
  }

  /// tr(M(S)⁻¹ F), with an inverse made for it.
  double trace(const std::vector<std::size_t>& picks, double lambda,
               std::size_t budget, double mixed = 1.0) const {
    const auto size = static_cast<Eigen::Index>(classes * width);
    const auto n = static_cast<double>(labelled.size());
    const auto b = static_cast<double>(budget);
    Eigen::MatrixXd fisher = Eigen::MatrixXd::Zero(size, size);
    for (std::size_t x = 0; x < rows; ++x) {
      fisher += information(x, mixed) / static_cast<double>(rows);
    }
    Eigen::MatrixXd known = lambda * Eigen::MatrixXd::Identity(size, size);
    for (const std::size_t x : labelled) {
      known += information(x, mixed) / (n + b);
    }
    for (const std::size_t x : picks) {
      known += information(x, mixed) * b / (n + b);
    }
    return (known.inverse() * fisher).trace();
  }
};

/// The definition. `prune` false is a slip: the first b are kept.
std::vector<std::size_t> naive(const Data& data, std::size_t budget,
                               double lambda, bool prune = true,
                               double mixed = 1.0) {
  std::vector<std::size_t> picks;
  const auto without = [&](std::size_t x) {
    std::vector<std::size_t> others;
    for (const std::size_t y : picks) {
      if (y != x) others.push_back(y);
    }
    return data.trace(others, lambda, budget, mixed);
  };
  const PoolView pool = data.pool();
  while (picks.size() < std::min(2 * budget, pool.candidates().size())) {
    std::size_t best = data.rows;
    double least = HUGE_VAL;
    for (const std::size_t x : pool.candidates()) {
      if (std::count(picks.begin(), picks.end(), x) > 0) continue;
      std::vector<std::size_t> with = picks;
      with.push_back(x);
      const double trace = data.trace(with, lambda, budget, mixed);
      if (trace < least) {
        least = trace;
        best = x;
      }
    }
    picks.push_back(best);
  }
  if (!prune) picks.resize(budget);
  while (picks.size() > budget) {
    const auto gone = std::min_element(
        picks.begin(), picks.end(),
        [&](std::size_t a, std::size_t b) { return without(a) < without(b); });
    picks.erase(gone);
  }
  return picks;
}

std::vector<RankedPick> select(const Data& data, std::size_t budget,
                               BaitOptions options = {},
                               SelectContext context = {}) {
  return Bait(options).select(data.pool(), budget, context);
}

}  // namespace

static_assert(SetStrategy<Bait> && !PointwiseStrategy<Bait>);

TEST_CASE("BAIT picks what inverses made anew would pick", "[bait]") {
  RandomStream random(71);
  bool pruning_seen = false;
  bool mixing_seen = false;
  for (const bool some : {false, true}) {
    for (const double lambda : {1.0, 0.01}) {
      const Data data(25, 3, 3, some, random);
      const auto got =
          test::rows_of(select(data, 4, {.lambda = lambda}, {.threads = 2}));
      CAPTURE(some, lambda);
      CHECK(got == naive(data, 4, lambda));
      pruning_seen |= got != naive(data, 4, lambda, false);
      mixing_seen |= got != naive(data, 4, lambda, true, -1.0);
    }
  }
  CHECK(pruning_seen);
  CHECK(mixing_seen);
}

TEST_CASE("A score of BAIT is what the pick lowers the trace by", "[bait]") {
  RandomStream random(72);
  const Data data(20, 2, 3, true, random);
  const auto picks = select(data, 5, {.oversample = 1});
  std::vector<std::size_t> with;
  for (const RankedPick& pick : picks) {
    const double before = data.trace(with, 1.0, 5);
    with.push_back(pick.index);
    CHECK(pick.score ==
          Approx(before - data.trace(with, 1.0, 5)).epsilon(1e-9));
  }
}

TEST_CASE("BAIT takes a thousand classes", "[bait]") {
  RandomStream random(75);
  const std::size_t rows = 5;
  const std::size_t classes = 1000;
  const Data data(rows, 1, classes, false, random);
  const auto p = [&](std::size_t x) {
    return Eigen::Map<const Eigen::ArrayXd>(&data.p[x * classes], classes);
  };
  // A number a row and nothing labelled: M = I + h² (diag(p) − p pᵀ), whose
  // inverse is by Sherman and Morrison A = V + s V p pᵀ V with V diagonal.
  const auto lowers_by = [&](std::size_t x) {
    const double square = data.h[x] * data.h[x];
    const Eigen::ArrayXd v = 1.0 / (1.0 + square * p(x));
    const double s = square / (1.0 - square * (p(x) * p(x) * v).sum());
    double sum = 0.0;  // of tr((I − A) (diag(q) − q qᵀ)) h² / N
    for (std::size_t y = 0; y < rows; ++y) {
      const auto q = p(y);
      const Eigen::ArrayXd vp = v * p(x);
      const double diagonal = (q * (v + s * vp * vp)).sum();
      const double mixed = (q * q * v).sum() + s * std::pow((q * vp).sum(), 2);
      const double before = 1.0 - (q * q).sum();
      sum += data.h[y] * data.h[y] * (before - (diagonal - mixed)) /
             static_cast<double>(rows);
    }
    return sum;
  };
  const auto picks = select(data, 1, {.oversample = 1}, {.threads = 2});
  for (std::size_t x = 0; x < rows; ++x) {
    CHECK(lowers_by(x) <= lowers_by(picks[0].index));
  }
  CHECK(picks[0].score == Approx(lowers_by(picks[0].index)).epsilon(1e-9));
}

TEST_CASE("What tells nothing is picked in order, each row once", "[bait]") {
  RandomStream random(73);
  Data data(6, 2, 2, false, random);
  data.p = {1, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 0};
  const auto picks = select(data, 9, {}, {.ties = Ties::index});
  CHECK(test::rows_of(picks) == std::vector<std::size_t>{0, 1, 2, 3, 4, 5});
  for (const RankedPick& pick : picks) CHECK(pick.score == 0.0);
}

TEST_CASE("What BAIT cannot do is refused", "[bait]") {
  RandomStream random(74);
  const Data data(9, 2, 2, false, random);
  const auto id = [](StrategyParams params) {
    return test::error_id([&] { make_strategy("bait", std::move(params)); });
  };
  CHECK(id({{"lambda", "0.5"}, {"oversample", "1"}}).empty());
  CHECK(id({{"lambda", "0"}}) == "strategy.bad_param");
  CHECK(id({{"oversample", "0"}}) == "strategy.bad_param");
  CHECK(test::error_id([] { Bait({.lambda = -1.0}); }) == "strategy.bad_param");
  CHECK(test::error_id([&] { select(data, 1, {}, {.memory_limit = 99}); }) ==
        "strategy.memory");
  std::stop_source source;
  source.request_stop();
  CHECK(select(data, 2, {}, {.stop = source.get_token()}).empty());
}
