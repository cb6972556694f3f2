#include "quarry/strategy/hybrid/cdal.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "../pools.hpp"
#include "catch.hpp"

using namespace quarry;

namespace {

/// ½ (KL(p ‖ q) + KL(q ‖ p)), one after the other; `back` is the weight of the
/// second, 1 unless there is a slip in it.
double divergence(const double* p, const double* q, std::size_t classes,
                  double back = 1.0) {
  double there = 0.0, and_back = 0.0;
  for (std::size_t c = 0; c < classes; ++c) {
    there += p[c] * (std::log(p[c]) - std::log(q[c]));
    and_back += q[c] * (std::log(q[c]) - std::log(p[c]));
  }
  return (there + back * and_back) / 2.0;
}

/// The definition: all distances, at each pick.
std::vector<RankedPick> naive(const std::vector<double>& p, std::size_t classes,
                              std::vector<std::size_t> centres,
                              std::size_t budget, double back = 1.0) {
  std::vector<RankedPick> picks;
  while (picks.size() < budget) {
    RankedPick best{.score = -1.0};
    for (std::size_t i = 0; i < p.size() / classes; ++i) {
      if (std::count(centres.begin(), centres.end(), i) > 0) continue;
      double nearest = HUGE_VAL;
      for (const std::size_t s : centres) {
        nearest = std::min(nearest, divergence(&p[i * classes], &p[s * classes],
                                               classes, back));
      }
      if (nearest > best.score) best = {i, nearest};
    }
    picks.push_back(best);
    centres.push_back(best.index);
  }
  return picks;
}

PoolView pool_of(const std::vector<double>& p, std::size_t classes,
                 std::vector<std::size_t> labelled = {}) {
  const std::size_t rows = p.size() / classes;
  return test::pool_of(
      rows, {{inputs::probabilities, ArrayView(p.data(), {rows, classes})}},
      std::move(labelled));
}

bool agree(const std::vector<RankedPick>& got,
           const std::vector<RankedPick>& want) {
  if (test::rows_of(got) != test::rows_of(want)) return false;
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (std::abs(got[i].score - want[i].score) > 1e-12) return false;
  }
  return true;
}

}  // namespace

static_assert(SetStrategy<Cdal<>> && SetStrategy<Cdal<Euclidean>>);
static_assert(RowDistance<SymmetricKl>);

TEST_CASE("CDAL is greedy k-center in symmetric divergence", "[cdal]") {
  RandomStream random(37);
  for (const std::size_t classes : {2, 3, 10}) {
    const auto p = test::random_probabilities(60, classes, random);
    const std::vector<std::size_t> labelled = {3, 50};
    SelectContext context{.ties = Ties::index, .threads = 2};
    const auto got =
        Cdal<>().select(pool_of(p, classes, labelled), 15, context);
    CHECK(agree(got, naive(p, classes, labelled, 15)));
    CHECK_FALSE(agree(got, naive(p, classes, labelled, 15, 0.0)));
    CHECK_FALSE(agree(got, naive(p, classes, labelled, 15, -1.0)));
  }
}

TEST_CASE("A symmetric divergence is the same both ways, and finite",
          "[cdal]") {
  RandomStream random(38);
  const SymmetricKl d;
  const auto p = test::random_probabilities(20, 5, random, 4.0);
  for (std::size_t i = 0; i < 19; ++i) {
    const std::span<const double> a(&p[i * 5], 5), b(&p[i * 5 + 5], 5);
    CHECK(d.reduced(a, b) == d.reduced(b, a));
    CHECK(d.reduced(a, b) > 0.0);
    CHECK(d.reduced(a, a) == 0.0);
  }
  const std::vector<double> one = {1.0, 0.0}, other = {0.0, 1.0};
  CHECK(d.reduced<double>(one, one) == 0.0);
  CHECK(std::isfinite(d.reduced<double>(one, other)));
  CHECK(d.reduced<double>(one, other) > 700.0);
}

TEST_CASE("Without a centre the total order decides CDAL's first pick",
          "[cdal]") {
  const std::vector<double> p = {0.5, 0.5, 0.5, 0.5, 1.0, 0.0};
  SelectContext context{.ties = Ties::index};
  const auto picks = Cdal<>().select(pool_of(p, 2), 9, context);
  CHECK(test::rows_of(picks) == std::vector<std::size_t>{0, 2, 1});
  CHECK(std::isnan(picks[0].score));
  CHECK(picks[2].score == 0.0);
}
