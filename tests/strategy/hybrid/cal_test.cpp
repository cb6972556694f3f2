#include "quarry/strategy/hybrid/cal.hpp"

#include <algorithm>
#include <cmath>
#include <stop_token>
#include <vector>

#include "quarry/strategy/divergence.hpp"
#include "quarry/strategy/registry.hpp"

#include "../pools.hpp"
#include "catch.hpp"
#include "error_id.hpp"

using namespace quarry;

namespace {

/// A pool of N rows in D dimensions and of C classes.
struct Data {
  std::size_t rows, width, classes;
  std::vector<double> h, p;

  Data(std::size_t n, std::size_t d, std::size_t c, RandomStream& random)
      : rows(n),
        width(d),
        classes(c),
        h(test::random_numbers(n * d, random)),
        p(test::random_probabilities(n, c, random, 2.0)) {}

  PoolView pool(std::vector<std::size_t> labelled) const {
    return test::pool_of(
        rows,
        {{inputs::embeddings, ArrayView(h.data(), {rows, width})},
         {inputs::probabilities, ArrayView(p.data(), {rows, classes})}},
        std::move(labelled));
  }

  /// The definition. `forward` is false for a slip: KL(p_x ‖ p_l).
  double contrast(std::size_t x, const std::vector<std::size_t>& labelled,
                  std::size_t k, bool forward = true) const {
    std::vector<std::pair<double, double>> all;  // distance, divergence
    for (const std::size_t l : labelled) {
      double squares = 0.0;
      for (std::size_t j = 0; j < width; ++j) {
        squares += std::pow(h[x * width + j] - h[l * width + j], 2);
      }
      double divergence = 0.0;
      for (std::size_t c = 0; c < classes; ++c) {
        const double a = p[(forward ? l : x) * classes + c];
        const double b = p[(forward ? x : l) * classes + c];
        divergence += a * (std::log(a) - std::log(b));
      }
      all.emplace_back(squares, divergence);
    }
    std::sort(all.begin(), all.end());
    all.resize(std::min(all.size(), k));
    double sum = 0.0;
    for (const auto& [squares, divergence] : all) sum += divergence;
    return all.empty() ? 0.0 : sum / static_cast<double>(all.size());
  }
};

std::vector<RankedPick> select(const PoolView& pool, std::size_t budget,
                               std::size_t k, SelectContext context = {}) {
  return Cal<>({.k = k}).select(pool, budget, context);
}

/// Whether picks are in the order of the definition and have its scores.
bool agree(const Data& data, const std::vector<std::size_t>& labelled,
           std::size_t k, std::size_t of_oracle, bool forward = true) {
  const auto picks = select(data.pool(labelled), data.rows, k, {.threads = 3});
  double last = HUGE_VAL;
  for (const RankedPick& pick : picks) {
    const double want = data.contrast(pick.index, labelled, of_oracle, forward);
    if (std::abs(pick.score - want) > 1e-12 * (1.0 + want)) return false;
    if (pick.score > last) return false;
    last = pick.score;
  }
  return picks.size() == data.rows - labelled.size();
}

struct Angle {
  template <class T>
  double reduced(std::span<const T> a, std::span<const T> b) const {
    return std::abs(std::atan2(a[1], a[0]) - std::atan2(b[1], b[0]));
  }
  double distance(double r) const { return r; }
};

}  // namespace

static_assert(SetStrategy<Cal<>> && SetStrategy<Cal<SymmetricKl>>);
static_assert(!PointwiseStrategy<Cal<>>);

TEST_CASE("CAL is its definition", "[cal]") {
  RandomStream random(32);
  for (const std::size_t k : {1, 3, 10}) {
    const Data data(150, 3, 4, random);
    const std::vector<std::size_t> labelled = {0, 7, 8, 30, 77, 90, 149};
    CHECK(agree(data, labelled, k, k));
    CHECK_FALSE(agree(data, labelled, k, k, false));        // the direction
    CHECK(agree(data, labelled, k, k + 1) == (k + 1 > 7));  // a term more
  }
}

TEST_CASE("Without labels CAL has nothing to compare with", "[cal]") {
  RandomStream random(33);
  const Data data(6, 2, 3, random);
  const auto picks = select(data.pool({}), 9, 10, {.ties = Ties::index});
  CHECK(test::rows_of(picks) == std::vector<std::size_t>{0, 1, 2, 3, 4, 5});
  for (const RankedPick& pick : picks) CHECK(pick.score == 0.0);
}

TEST_CASE("Probabilities of 0 are far from others, and finite", "[cal]") {
  RandomStream random(34);
  Data data(3, 1, 2, random);
  data.p = {0.5, 0.5, 1.0, 0.0, 0.5, 0.5};
  const auto picks = select(data.pool({0}), 2, 1);
  CHECK(picks[0].index == 1);
  CHECK(std::isfinite(picks[0].score));
  CHECK(picks[0].score > 100.0);
  CHECK(picks[1].score == 0.0);
}

TEST_CASE("CAL takes another distance", "[cal]") {
  // Row 2 is nearer to row 0 by its angle, to row 1 by its place.
  RandomStream random(35);
  Data data(3, 2, 2, random);
  data.h = {10.0, 10.0, 1.0, 0.0, 1.0, 1.0};
  data.p = {0.5, 0.5, 0.9, 0.1, 0.5, 0.5};
  SelectContext context;
  CHECK(Cal<Angle>({.k = 1}).select(data.pool({0, 1}), 1, context)[0].score ==
        0.0);
  CHECK(select(data.pool({0, 1}), 1, 1)[0].score > 0.1);
}

TEST_CASE("What CAL cannot do is refused", "[cal]") {
  RandomStream random(36);
  const Data data(9, 2, 3, random);
  CHECK(test::error_id([] { Cal<>({.k = 0}); }) == "strategy.bad_param");
  CHECK(test::error_id([] {
          make_strategy("cal", {{"k", "0"}});
        }) == "strategy.bad_param");
  CHECK(test::error_id([&] {
          select(data.pool({1}), 1, 1, {.memory_limit = 10});
        }) == "strategy.memory");
  std::stop_source source;
  source.request_stop();
  CHECK(select(data.pool({1}), 1, 1, {.stop = source.get_token()}).empty());
}
