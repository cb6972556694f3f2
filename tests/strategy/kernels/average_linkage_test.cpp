#include "quarry/strategy/kernels/average_linkage.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "quarry/core/random.hpp"

#include "../linkage.hpp"
#include "catch.hpp"

using namespace quarry;
using kernels::Cut;
using kernels::PairDistances;

namespace {

using Points = std::vector<double>;  // on a plane: x, y, x, y, …

double between(const Points& p, std::size_t i, std::size_t j) {
  return std::hypot(p[2 * i] - p[2 * j], p[2 * i + 1] - p[2 * j + 1]);
}

std::vector<std::size_t> cluster(const Points& p, const Cut& cut) {
  PairDistances distances(p.size() / 2);
  for (std::size_t i = 0; i < distances.points(); ++i) {
    for (std::size_t j = 0; j < i; ++j) distances.at(i, j) = between(p, i, j);
  }
  return kernels::average_linkage(distances, cut,
                                  [](std::size_t) { return false; });
}

/// The definition; `mean` false is a slip.
std::vector<std::size_t> naive(const Points& p, const Cut& cut,
                               bool mean = true) {
  return test::naive_linkage(
      p.size() / 2,
      [&](std::size_t i, std::size_t j) { return between(p, i, j); }, cut,
      mean);
}

Points random_points(std::size_t count, RandomStream& random) {
  Points points;
  for (std::size_t i = 0; i < 2 * count; ++i) {
    points.push_back(random.normal() + 4.0 * static_cast<double>(i % 5 == 0));
  }
  return points;
}

}  // namespace

TEST_CASE("Average linkage merges what is closest on average",
          "[average_linkage]") {
  RandomStream random(41);
  bool slip_seen = false;
  for (const std::size_t count : {1, 2, 3, 10, 60}) {
    const Points points = random_points(count, random);
    for (const double distance : {0.0, 0.5, 1.0, 2.0, 100.0}) {
      CAPTURE(count, distance);
      const Cut cut{.distance = distance};
      CHECK(cluster(points, cut) == naive(points, cut));
      slip_seen |= cluster(points, cut) != naive(points, cut, false);
    }
    for (const std::size_t clusters : {1, 2, 5, 30}) {
      CAPTURE(count, clusters);
      const Cut cut{.clusters = clusters};
      CHECK(cluster(points, cut) == naive(points, cut));
    }
  }
  CHECK(slip_seen);
}

TEST_CASE("Points that are equal are one cluster, none are none",
          "[average_linkage]") {
  CHECK(cluster({}, {}).empty());
  CHECK(cluster({1, 1, 1, 1, 5, 5, 1, 1}, {.distance = 0.0}) ==
        std::vector<std::size_t>{0, 0, 1, 0});
  CHECK(cluster(Points(100, 2.0), {}) == std::vector<std::size_t>(50, 0));
}

TEST_CASE("Clustering stops when asked", "[average_linkage]") {
  RandomStream random(42);
  PairDistances distances(9);
  CHECK(kernels::average_linkage(distances, {}, [](std::size_t done) {
          return done == 3;
        }).empty());
}
