#include "quarry/strategy/diversity/lightweight_coreset.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "../chi_square.hpp"
#include "../pools.hpp"
#include "catch.hpp"

using namespace quarry;

namespace {

/// q of the candidates; `share` is what is dealt out equally.
std::vector<double> law_of(const std::vector<double>& h, std::size_t width,
                           const PoolView& pool, double share = 0.5) {
  std::vector<double> mean(width, 0.0), q;
  const auto n = static_cast<double>(pool.candidates().size());
  for (const std::size_t i : pool.candidates()) {
    for (std::size_t k = 0; k < width; ++k) mean[k] += h[i * width + k] / n;
  }
  double sum = 0.0;
  for (const std::size_t i : pool.candidates()) {
    double squared = 0.0;
    for (std::size_t k = 0; k < width; ++k) {
      squared += std::pow(h[i * width + k] - mean[k], 2);
    }
    q.push_back(squared);
    sum += squared;
  }
  for (double& x : q) x = share / n + (1 - share) * x / sum;
  return q;
}

}  // namespace

static_assert(SetStrategy<LightweightCoreset>);

TEST_CASE("A lightweight coreset takes the largest of ln q + gumbel",
          "[lightweight_coreset]") {
  RandomStream random(91);
  const std::size_t rows = 80, width = 5;
  const auto h = test::random_numbers(rows * width, random);
  std::vector<double> gumbel(rows);
  for (double& g : gumbel) g = random.gumbel();
  const PoolView pool =
      test::pool_of(rows,
                    {{inputs::embeddings, ArrayView(h.data(), {rows, width})},
                     {inputs::gumbel, ArrayView(gumbel.data(), {rows})}},
                    {4, 9});
  const auto q = law_of(h, width, pool);
  std::vector<std::size_t> places(q.size());
  for (std::size_t i = 0; i < places.size(); ++i) places[i] = i;
  const auto sum = [&](std::size_t i) {
    return std::log(q[i]) + gumbel[pool.candidates()[i]];
  };
  std::sort(places.begin(), places.end(),
            [&](std::size_t a, std::size_t b) { return sum(a) > sum(b); });
  SelectContext context;
  const auto picks = LightweightCoreset().select(pool, 20, context);
  REQUIRE(picks.size() == 20);
  for (std::size_t i = 0; i < 20; ++i) {
    CHECK(picks[i].index == pool.candidates()[places[i]]);
    CHECK(picks[i].score == Approx(q[places[i]]).epsilon(1e-12));
  }
}

TEST_CASE("A lightweight coreset's own draws follow its law",
          "[lightweight_coreset]") {
  const std::vector<double> h = {0, 1, 2, 9, -4};
  const PoolView pool =
      test::pool_of(5, {{inputs::embeddings, ArrayView(h.data(), {5, 1})}});
  std::map<std::size_t, double> counts, law, flat;
  for (std::uint64_t seed = 0; seed < 10'000; ++seed) {
    SelectContext context{.random = RandomStream(seed)};
    ++counts[LightweightCoreset().select(pool, 1, context)[0].index];
  }
  for (std::size_t i = 0; i < 5; ++i) {
    law[i] = law_of(h, 1, pool)[i];
    flat[i] = law_of(h, 1, pool, 0.6)[i];
  }
  CHECK(test::follows(counts, law));
  CHECK_FALSE(test::follows(counts, flat));
}
