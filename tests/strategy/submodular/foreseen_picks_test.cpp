// The picks that are foreseen, against those that greedy search makes.

#include <algorithm>
#include <cmath>
#include <vector>

#include "quarry/strategy/density/herding.hpp"
#include "quarry/strategy/submodular/facility_location.hpp"

#include "../embedded.hpp"
#include "catch.hpp"
#include "same_picks.hpp"

using namespace quarry;
using namespace quarry::test;

namespace {

/// The picks that are foreseen, and those made with and without foresight.
struct Foretold {
  std::vector<std::size_t> foreseen;
  std::vector<RankedPick> with, without;
};

Foretold foretell(const Embedded& embedded, const std::vector<double>& weights,
                  std::size_t few) {
  const PoolView pool = embedded.pool();
  const auto similarity =
      similarity_of(pool, ground_of(pool), RbfKernel{.sigma = 4.0}, 2,
                    Similarity::Ready::bounds);
  const std::vector<float> bounds(weights.begin(), weights.end());
  // What has no weight is covered from the beginning.
  std::vector<float> floors(embedded.rows);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] == 0.0) floors[i] = HUGE_VALF;
  }
  detail::ForeseenPicks picks(*similarity, floors, bounds, few, 2);
  Foretold all;
  for (std::size_t m = 0; m < picks.size(); ++m) {
    all.foreseen.push_back(similarity->ground()[picks.place(m)]);
  }
  for (auto* out : {&all.without, &all.with}) {
    FacilityLocationFunction f(*similarity, weights, 2);
    if (out == &all.with) f.expect_picks(60);
    f.allow(100'000'000);
    SelectContext context{.threads = 2};
    *out = greedy(f, pool, pool.candidates(), 60, context);
  }
  return all;
}

/// Four fifths of the rows about a point, the others about the opposite one,
/// and most of them near it: few, but enough for picks to be foreseen.
Embedded two_heaps(RandomStream& random) {
  Embedded embedded{.rows = detail::ForeseenPicks::least_rows + 150,
                    .width = 8};
  for (std::size_t i = 0; i < embedded.rows; ++i) {
    const double spread = i < 5 ? 0.0 : std::pow(0.1, random.uniform());
    for (std::size_t d = 0; d < embedded.width; ++d) {
      const double at = d != 0 ? 0.0 : i % 5 == 4 ? -20.0 : 20.0;
      embedded.values.push_back(at + spread * random.normal());
    }
  }
  return embedded;
}

}  // namespace

TEST_CASE("Foreseen picks are the first ones, and change none",
          "[submodular]") {
  RandomStream random(35);
  const std::size_t rows = 6400;
  std::vector<double> weights(rows);
  for (double& weight : weights) weight = random.uniform();
  // Of 6, 5, 4, 3, 2 and 1 in 21 rows.
  const auto heap = [](std::size_t i) {
    std::size_t h = 0;
    for (std::size_t r = i % 21; r >= 6 - h; ++h) r -= 6 - h;
    return h;
  };
  const Embedded embedded = heaps(rows, heap, random);
  std::vector<double> without_first = weights;
  for (std::size_t i = 0; i < rows; ++i) {
    if (heap(i) == 0) without_first[i] = 0.0;
  }
  for (const auto& w : {std::vector<double>(), weights, without_first}) {
    CAPTURE(w.size());
    const Foretold all = foretell(embedded, w, rows / 8);
    // Without its largest heap fewer are enough.
    REQUIRE(all.foreseen.size() > (w == without_first ? 1U : 2U));
    for (std::size_t m = 0; m < all.foreseen.size(); ++m) {
      CAPTURE(m);
      CHECK(all.foreseen[m] == all.without[m].index);
    }
    CHECK(same_and_scored(all.with, all.without));
  }
}

TEST_CASE("Picks that were foreseen and not made change none", "[submodular]") {
  RandomStream random(36);
  const std::size_t rows = 6400;
  // Every 25th row is in the sample, and tells nothing of the others.
  const auto heap = [](std::size_t i) {
    return i % 25 == 0 ? 0U : 1U;
  };
  const Embedded embedded = heaps(rows, heap, random);
  const Foretold all = foretell(embedded, {}, rows / 8);
  CHECK(same_and_scored(all.with, all.without));
  REQUIRE(!all.foreseen.empty());
  CHECK(all.foreseen.front() != all.without.front().index);
}

TEST_CASE("Lazy searches that foresee make the picks of naive ones",
          "[submodular]") {
  RandomStream random(37);
  Embedded embedded = two_heaps(random);
  const std::size_t rows = embedded.rows;
  const Square cosines = embedded.cosines();
  std::vector<float> given;
  for (const auto& row : cosines)
    given.insert(given.end(), row.begin(), row.end());
  const PoolView similarities = pool_of(
      rows, {{inputs::similarity, ArrayView(given.data(), {rows, rows})}}, {});
  const PoolView unlabelled = embedded.pool();
  const auto cosine =
      similarity_of(unlabelled, ground_of(unlabelled), CosineKernel(), 2,
                    Similarity::Ready::bounds);
  REQUIRE(
      !detail::ForeseenPicks(*cosine, std::vector<float>(rows), {}, rows / 8, 2)
           .empty());
  const auto check = [&]<class S>(const S& lazy, const PoolView& pool) {
    const S naive({.greedy = {.search = Search::naive}});
    SelectContext context;
    const std::vector<RankedPick> all = naive.select(pool, 12, context);
    // Of few picks none is foreseen.
    for (const std::size_t budget : {1, 7, 8, 12}) {
      for (const std::size_t threads : {1, 7}) {
        CAPTURE(budget, threads);
        context.threads = threads;
        CHECK(same_and_scored(lazy.select(pool, budget, context),
                              {all.begin(), all.begin() + budget}));
      }
    }
  };
  check(FacilityLocation<>(), unlabelled);
  check(FacilityLocation<>(), similarities);
  check(MaxHerding<>(), unlabelled);
  // What is labelled covers from the beginning.
  embedded.labelled = {0, 7, 300};
  check(FacilityLocation<>(), embedded.pool());
  check(MaxHerding<>(), embedded.pool());
}

TEST_CASE("Bounds may be asked for again before a pick", "[submodular]") {
  RandomStream random(38);
  const Embedded embedded = two_heaps(random);
  const std::size_t rows = embedded.rows;
  const PoolView pool = embedded.pool();
  const auto similarity =
      similarity_of(pool, ground_of(pool), RbfKernel{.sigma = 4.0}, 2,
                    Similarity::Ready::bounds);
  REQUIRE(!detail::ForeseenPicks(*similarity, std::vector<float>(rows), {},
                                 rows / 8, 2)
               .empty());
  FacilityLocationFunction f(*similarity, std::vector<double>(), 2);
  f.expect_picks(12);
  f.allow(100'000'000);
  std::vector<double> first(rows), again(rows), gains(rows);
  for (std::size_t pick = 0; pick < 4; ++pick) {
    CAPTURE(pick);
    f.bounds(pool.candidates(), first);
    f.bounds(pool.candidates(), again);
    f.gains(pool.candidates(), gains);
    std::size_t below = 0;
    for (std::size_t i = 0; i < rows; ++i) {
      below += first[i] < gains[i] || again[i] < gains[i] ? 1U : 0U;
    }
    CHECK(below == 0);
    const auto best = std::ranges::max_element(gains) - gains.begin();
    f.add(pool.candidates()[static_cast<std::size_t>(best)]);
  }
}
