#include "quarry/strategy/diversity/typiclust.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "../lloyd.hpp"
#include "../pools.hpp"
#include "catch.hpp"
#include "error_id.hpp"

using namespace quarry;

namespace {

using Distance = TypiClustOptions::Distance;

/// All neighbours again for each pick, as in the definition.
std::vector<RankedPick> naive(const std::vector<double>& x, std::size_t width,
                              const std::vector<double>& clusters,
                              const PoolView& pool, std::size_t budget,
                              const TypiClustOptions& options) {
  auto h = test::rows_of_width(x, width);
  for (auto& row : h) {
    double sum = 0.0;
    for (const double value : row) sum += value * value;
    for (double& value : row) value /= sum > 0.0 ? std::sqrt(sum) : 1.0;
  }
  struct Cluster {
    double id;
    std::size_t labelled = 0;
    std::vector<std::size_t> free = {};
    std::size_t size() const { return all; }
    std::size_t all = 0;
  };
  std::vector<Cluster> found;
  const auto of = [&](double id) -> Cluster& {
    for (Cluster& c : found) {
      if (c.id == id) return c;
    }
    return found.emplace_back(Cluster{id});
  };
  for (const std::size_t i : pool.candidates()) {
    of(clusters[i]).free.push_back(i);
    ++of(clusters[i]).all;
  }
  for (const std::size_t i : pool.labelled()) {
    ++of(clusters[i]).labelled;
    ++of(clusters[i]).all;
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    if (a.labelled != b.labelled) return a.labelled < b.labelled;
    if (a.all != b.all) return a.all > b.all;
    return a.id < b.id;
  });
  std::vector<RankedPick> picks;
  for (const bool large : {true, false}) {
    for (bool any = true; any;) {
      any = false;
      for (Cluster& c : found) {
        if ((c.all > options.min_cluster_size) != large) continue;
        if (c.free.empty() || picks.size() == budget) continue;
        const std::size_t k = std::min(options.neighbours, c.free.size() / 2);
        std::size_t best = 0;
        double most = -1.0;
        for (std::size_t i = 0; i < c.free.size(); ++i) {
          std::vector<double> distances;
          for (const std::size_t other : c.free) {
            if (other == c.free[i]) continue;
            const double d = test::Lloyd::squared(h[c.free[i]], h[other]);
            distances.push_back(
                options.distance == Distance::euclidean ? std::sqrt(d) : d);
          }
          std::sort(distances.begin(), distances.end());
          double sum = 0.0;
          for (std::size_t n = 0; n < k; ++n) sum += distances[n];
          const double typicality =
              1 /
              ((k == 0 ? 0 : sum / static_cast<double>(k)) + options.epsilon);
          if (typicality > most) {
            most = typicality;
            best = i;
          }
        }
        picks.push_back({c.free[best], most});
        c.free.erase(c.free.begin() + static_cast<std::ptrdiff_t>(best));
        any = true;
      }
    }
  }
  return picks;
}

bool agree(const std::vector<RankedPick>& got,
           const std::vector<RankedPick>& want) {
  if (test::rows_of(got) != test::rows_of(want)) return false;
  return std::equal(got.begin(), got.end(), want.begin(),
                    [](const RankedPick& a, const RankedPick& b) {
                      return a.score == Approx(b.score).epsilon(1e-9);
                    });
}

}  // namespace

static_assert(SetStrategy<TypiClust<>>);

TEST_CASE("TypiClust picks what finding all neighbours again picks",
          "[typiclust]") {
  RandomStream random(101);
  int differs = 0;
  for (int trial = 0; trial < 25; ++trial) {
    const std::size_t rows = 5 + random.below(200);
    const std::size_t width = 2 + random.below(12);
    const std::size_t count = 1 + random.below(6);
    const auto x = test::random_numbers(rows * width, random);
    std::vector<double> clusters(rows);
    for (double& c : clusters) {
      c = static_cast<double>(
          std::min(random.below(count), random.below(count)));
    }
    std::vector<std::size_t> labelled;
    for (std::size_t i = 0; trial % 2 == 0 && i < rows; i += 7) {
      labelled.push_back(i);
    }
    const PoolView pool =
        test::pool_of(rows,
                      {{inputs::embeddings, ArrayView(x.data(), {rows, width})},
                       {inputs::clusters, ArrayView(clusters.data(), {rows})}},
                      labelled);
    TypiClustOptions options{.neighbours = 1 + random.below(20)};
    if (trial % 3 == 0) options.distance = Distance::euclidean;
    const auto want = naive(x, width, clusters, pool, rows, options);
    CAPTURE(trial, rows, width, count);
    REQUIRE(want.size() == pool.candidates().size());
    for (const std::size_t threads : {1, 2}) {
      SelectContext context{.ties = Ties::index, .threads = threads};
      CHECK(agree(TypiClust<>(options).select(pool, rows, context), want));
    }
    options.min_cluster_size = 0;
    differs += !agree(naive(x, width, clusters, pool, rows, options), want);
  }
  CHECK(differs > 3);
}

TEST_CASE("Copies are equally typical: the order of ties decides",
          "[typiclust]") {
  const std::vector<double> x = {1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1};
  const std::vector<double> clusters(6, 3.0);
  const PoolView pool =
      test::pool_of(6, {{inputs::embeddings, ArrayView(x.data(), {6, 2})},
                        {inputs::clusters, ArrayView(clusters.data(), {6})}});
  SelectContext context{.ties = Ties::index};
  const auto picks = TypiClust<>({.neighbours = 2}).select(pool, 6, context);
  CHECK(picks[0].index == 0);
  CHECK(picks[0].score == Approx(1e5));
}

TEST_CASE("TypiClust finds clusters by itself", "[typiclust]") {
  // Three bunches of directions; one is labelled.
  RandomStream random(103);
  std::vector<double> x;
  for (std::size_t i = 0; i < 90; ++i) {
    for (std::size_t k = 0; k < 3; ++k) {
      x.push_back((k == i % 3 ? 10 : 0) + random.normal());
    }
  }
  const PoolView pool = test::pool_of(
      90, {{inputs::embeddings, ArrayView(x.data(), {90, 3})}}, {0});
  SelectContext context;
  const auto picks = TypiClust<>().select(pool, 2, context);
  REQUIRE(picks.size() == 2);
  CHECK(picks[0].index % 3 != 0);
  CHECK(picks[1].index % 3 != 0);
  CHECK(picks[0].index % 3 != picks[1].index % 3);
}

TEST_CASE("TypiClust refuses what it cannot use", "[typiclust]") {
  const std::vector<double> x = {1, 0, 0, 1};
  const std::vector<double> clusters(3, 0.0);
  const PoolView pool =
      test::pool_of(2, {{inputs::embeddings, ArrayView(x.data(), {2, 2})},
                        {inputs::clusters, ArrayView(clusters.data(), {3})}});
  SelectContext context;
  CHECK(test::error_id([&] { TypiClust<>().select(pool, 1, context); }) ==
        "strategy.input_shape");
  const auto id = [](TypiClustOptions options) {
    return test::error_id([&] { TypiClust<> strategy(options); });
  };
  CHECK(id({.neighbours = 0}) == "strategy.bad_param");
  CHECK(id({.max_clusters = 0}) == "strategy.bad_param");
  CHECK(id({.epsilon = 0}) == "strategy.bad_param");
}
