#include "quarry/strategy/kernels/squared_sampling.hpp"

#include <algorithm>
#include <limits>
#include <vector>

#include "../chi_square.hpp"
#include "catch.hpp"

using namespace quarry;

namespace {

/// Points on a line.
struct Line : kernels::SquaredMetric {
  std::vector<double> x;

  explicit Line(std::vector<double> points) : x(std::move(points)) {}
  double between(std::size_t i, std::size_t j) override {
    return (x[i] - x[j]) * (x[i] - x[j]);
  }
  Flow cover(std::span<const std::size_t> centres,
             std::span<double> squared) override {
    for (std::size_t i = 0; i < x.size(); ++i) {
      for (const std::size_t c : centres) {
        squared[i] = std::min(squared[i], between(i, c));
      }
    }
    return Flow::go_on;
  }
};

std::vector<std::size_t> draw(Line& line, const std::vector<double>& weights,
                              std::size_t count, std::uint64_t seed) {
  RandomStream random(seed);
  std::vector<std::size_t> picks = {0};
  kernels::sample_squared(line, weights, line.x.size(), count, random, picks,
                          [] { return Flow::go_on; });
  return picks;
}

/// Each from distances that are up to date.
std::vector<std::size_t> draw_plainly(Line& line, std::size_t count,
                                      RandomStream& random) {
  std::vector<std::size_t> picks = {0};
  std::vector<double> squared(line.x.size(),
                              std::numeric_limits<double>::infinity());
  while (picks.size() < count) {
    line.cover(std::span(picks).last(1), squared);
    double total = 0.0;
    for (const double s : squared) total += s;
    double u = random.uniform() * total;
    std::size_t i = 0;
    while (i + 1 < squared.size() && (u -= squared[i]) >= 0.0) ++i;
    picks.push_back(i);
  }
  return picks;
}

}  // namespace

TEST_CASE("Draws by stale distances follow the law of fresh ones",
          "[kernels]") {
  Line line({0, 1, 1, 3, -2, 7});
  const std::vector<double> weights = {1, 2, 1, 0.5, 0, 1};
  using Pair = std::vector<std::size_t>;
  std::map<Pair, double> law, unweighted, counts;
  for (const bool weighted : {true, false}) {
    const auto weight = [&](std::size_t i) {
      return weighted ? weights[i] : 1;
    };
    auto& p = weighted ? law : unweighted;
    const auto squared = [&](std::size_t i, bool has, std::size_t second) {
      const double a = line.between(i, 0);
      return weight(i) * (has ? std::min(a, line.between(i, second)) : a);
    };
    double one = 0.0;
    for (std::size_t i = 0; i < 6; ++i) one += squared(i, false, 0);
    for (std::size_t i = 0; i < 6; ++i) {
      double two = 0.0;
      for (std::size_t j = 0; j < 6; ++j) two += squared(j, true, i);
      for (std::size_t j = 0; j < 6; ++j) {
        p[{0, i, j}] = squared(i, false, 0) / one * squared(j, true, i) / two;
      }
    }
  }
  for (std::uint64_t seed = 0; seed < 20'000; ++seed) {
    ++counts[draw(line, weights, 3, seed)];
  }
  CHECK(test::follows(counts, law));
  CHECK_FALSE(test::follows(counts, unweighted));
}

TEST_CASE("The last of many stale draws follows that of fresh ones",
          "[kernels]") {
  std::vector<double> points;
  for (int i = 0; i < 30; ++i) points.push_back(i * i % 31 + 0.3 * i);
  Line line(points);
  RandomStream random(3);
  std::map<std::size_t, double> stale, fresh;
  constexpr int draws = 20'000;
  for (int t = 0; t < draws; ++t) {
    ++stale[draw(line, {}, 15, static_cast<std::uint64_t>(t)).back()];
    fresh[draw_plainly(line, 15, random).back()] += 1;
  }
  // Of two samples: the variance is that of both.
  double statistic = 0.0, cells = 0.0;
  for (std::size_t i = 0; i < 30; ++i) {
    const double sum = stale[i] + fresh[i], difference = stale[i] - fresh[i];
    if (sum == 0.0) continue;
    statistic += difference * difference / sum;
    ++cells;
  }
  CHECK(cells > 20);
  CHECK(statistic < cells + 6 * std::sqrt(2 * cells));
}

TEST_CASE("A draw ends when all that are left have a twin", "[kernels]") {
  Line line({0, 5, 5, 0, 5, 0});
  const auto picks = draw(line, {}, 6, 1);
  REQUIRE(picks.size() == 2);
  CHECK(line.x[picks[1]] == 5);
}
