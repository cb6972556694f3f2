#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "quarry/strategy/any_strategy.hpp"
#include "quarry/strategy/diversity/k_center.hpp"

#include "../embedded.hpp"
#include "catch.hpp"
#include "same_picks.hpp"

using namespace quarry;
using namespace quarry::test;

namespace {

/// The same distance under another name: one pass a pick, in double.
struct PlainCosine : Cosine {};

/// A distance that takes rows of zeros for a middle, as products do.
struct NearZeros : Cosine {
  template <class T>
  double reduced(std::span<const T> a, std::span<const T> b) const {
    const double distance = Cosine::reduced(a, b);
    return detail::length_of(a) * detail::length_of(b) > 0.0 ? distance
                                                             : distance / 2;
  }
};

std::vector<RankedPick> picks_of(const AnyStrategy& strategy,
                                 const PoolView& pool, std::size_t budget,
                                 SelectContext context = {}) {
  return strategy.select(pool, budget, context);
}

/// Rows of a kind that is hard to compare.
Embedded rows_of_kind(const std::string& kind, std::size_t rows,
                      std::size_t width, RandomStream& random) {
  Embedded made = random_rows(rows, width, width % 2 == 0 ? 0.02 : 0.0, random);
  for (std::size_t i = 0; i < rows; ++i) {
    double* const row = made.values.data() + i * width;
    const double cluster = static_cast<double>(random.below(7));
    const double scale = std::pow(10.0, static_cast<double>(i % 30) - 15.0);
    for (std::size_t k = 0; k < width; ++k) {
      if (kind == "coarse") row[k] = std::round(2 * row[k]);
      if (kind == "any length") row[k] *= scale;
      if (kind == "close") row[k] = 1.0 + 1e-4 * row[k];
      if (kind == "clusters") {
        row[k] = std::cos(cluster + static_cast<double>(k)) + 1e-3 * row[k];
      }
      if (kind == "zeros" && i % 3 == 0) row[k] = 0.0;
      if (kind == "multiples" && i > 0 && i % 2 == 0) {
        row[k] = 4.0 * made.values[(i - 1) * width + k];
      }
      // In float, so that a float array holds the same.
      row[k] = static_cast<float>(row[k]);
    }
  }
  return made;
}

}  // namespace

TEST_CASE("Batched k-center of directions picks what one pass a pick does",
          "[k_center]") {
  struct Case {
    const char* kind;
    std::size_t rows, width, budget;
  };
  RandomStream random(21);
  for (const Case& c : std::vector<Case>{{"a plane", 2000, 2, 700},
                                         {"coarse", 2000, 3, 900},
                                         {"any length", 2000, 10, 700},
                                         {"close", 1500, 7, 500},
                                         {"clusters", 2000, 12, 600},
                                         {"zeros", 1500, 20, 1500},
                                         {"zeros", 600, 5, 600},
                                         {"multiples", 1500, 8, 1500},
                                         {"one number", 500, 1, 500},
                                         {"in general", 2500, 130, 600}}) {
    const std::string kind = c.kind;
    CAPTURE(kind, c.width);
    const Embedded made = rows_of_kind(kind, c.rows, c.width, random);
    const std::vector<float> floats(made.values.begin(), made.values.end());
    const PoolView pool = made.pool();
    const PoolView in_float = pool_of(
        c.rows,
        {{inputs::embeddings, ArrayView(floats.data(), {c.rows, c.width})}},
        made.labelled);
    for (const Ties ties : {Ties::hash, Ties::index}) {
      const auto want = picks_of(KCenter<PlainCosine>(), pool, c.budget,
                                 {.ties = ties, .threads = 2});
      REQUIRE(want.size() == std::min(c.budget, pool.candidates().size()));
      CHECK(same(picks_of(KCenter<Cosine>(), pool, c.budget, {.ties = ties}),
                 want));
      CHECK(same(picks_of(KCenter<Cosine>(), in_float, c.budget,
                          {.ties = ties, .threads = 7}),
                 want));
    }
  }
}

TEST_CASE("k-center of directions is its definition", "[k_center]") {
  RandomStream random(22);
  for (std::size_t trial = 0; trial < 30; ++trial) {
    const Embedded made =
        random_rows(2 + random.below(40), 2 + random.below(9), 0.1, random);
    const PoolView pool = made.pool();
    const Square cosines = made.cosines();
    std::vector<std::size_t> centres = made.labelled;
    for (const RankedPick& pick :
         picks_of(KCenter<Cosine>(), pool, made.rows)) {
      const auto nearest = [&](std::size_t row) {
        long double least = std::numeric_limits<long double>::infinity();
        for (const std::size_t centre : centres) {
          least = std::min(least, 1 - cosines[row][centre]);
        }
        return least;
      };
      for (const std::size_t row : pool.candidates()) {
        const bool free =
            std::find(centres.begin(), centres.end(), row) == centres.end();
        if (free) CHECK(nearest(row) <= nearest(pick.index) + 1e-14L);
      }
      if (!centres.empty()) {
        CHECK(pick.score ==
              Approx(static_cast<double>(nearest(pick.index))).margin(1e-14));
      }
      centres.push_back(pick.index);
    }
  }
}

TEST_CASE("A row without a direction is as far from all others", "[k_center]") {
  const std::vector<double> h = {0, 0, 3, 4, -1, 0, 0, 0, 6, 8};
  const PoolView pool =
      pool_of(5, {{inputs::embeddings, ArrayView(h.data(), {5, 2})}}, {0});
  const auto picks =
      picks_of(KCenter<Cosine>(), pool, 5, {.ties = Ties::index});
  CHECK(rows_of(picks) == std::vector<std::size_t>{1, 2, 3, 4});
  CHECK(picks[0].score == 1.0);
  CHECK(picks[1].score == 1.0);
  CHECK(picks[2].score == 0.0);
  CHECK(picks[3].score == 0.0);
  CHECK_FALSE(same(
      picks_of(KCenter<NearZeros>(), pool, 5, {.ties = Ties::index}), picks));
}
