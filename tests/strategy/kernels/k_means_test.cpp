#include "quarry/strategy/kernels/k_means.hpp"

#include <set>
#include <vector>

#include "../lloyd.hpp"
#include "../pools.hpp"
#include "catch.hpp"
#include "error_id.hpp"

using namespace quarry;
using kernels::RowSet;

namespace {

Flow go_on() {
  return Flow::go_on;
}

RowSet set_of(const std::vector<double>& x, std::size_t width) {
  return RowSet(ArrayView(x.data(), {x.size() / width, width}));
}

RowMatrix<double> matrix(const std::vector<std::vector<double>>& rows) {
  RowMatrix<double> m(rows.size(), rows[0].size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t k = 0; k < rows[i].size(); ++k) {
      m(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(k)) =
          rows[i][k];
    }
  }
  return m;
}

bool agree(const kernels::Clusters& got, const test::Lloyd& want) {
  double inertia = 0.0;
  for (std::size_t i = 0; i < want.rows.size(); ++i) {
    if (got.which[i] != want.which[i]) return false;
    inertia +=
        want.weights[i] *
        test::Lloyd::squared(want.rows[i], want.centroids[want.which[i]]);
  }
  return got.centroids.isApprox(matrix(want.centroids), 1e-12) &&
         got.inertia == Approx(inertia).epsilon(1e-9).margin(1e-12);
}

}  // namespace

TEST_CASE("k-means is Lloyd's iteration, with weights", "[k_means]") {
  RandomStream random(51);
  for (int trial = 0; trial < 25; ++trial) {
    const std::size_t width = 1 + random.below(12);
    const std::size_t rows = 20 + random.below(150);
    const std::size_t k = 1 + random.below(9);
    const auto x = test::random_numbers(rows * width, random);
    test::Lloyd want{.rows = test::rows_of_width(x, width)};
    for (std::size_t i = 0; i < rows; ++i) {
      want.weights.push_back(trial % 3 == 0 ? 1.0 : random.uniform());
    }
    want.centroids.assign(want.rows.begin(),
                          want.rows.begin() + static_cast<std::ptrdiff_t>(k));
    const RowMatrix<double> start = matrix(want.centroids);
    const bool cut = trial % 4 == 1;
    want.run(cut ? 2 : 1000);
    CAPTURE(trial, width, rows, k);
    for (const std::size_t threads : {1, 3}) {
      const auto got = kernels::k_means(
          set_of(x, width), want.weights, start,
          {.max_iterations = cut ? 2U : 1000U, .tolerance = 0}, threads, go_on);
      CHECK(agree(got, want));
      CHECK((kernels::nearest_distinct(set_of(x, width), {}, got.centroids,
                                       threads,
                                       go_on) == want.nearest_distinct()));
      if (trial % 3 != 0 && k > 1 && k < 8) {
        CHECK_FALSE(agree(kernels::k_means(set_of(x, width), {}, start,
                                           {.tolerance = 0}, threads, go_on),
                          want));
      }
    }
  }
}

TEST_CASE("A centroid without rows stays where it is", "[k_means]") {
  const std::vector<double> x = {0, 1, 10, 11};
  const auto got = kernels::k_means(
      set_of(x, 1), {}, matrix({{0.5}, {100}, {10.5}}), {}, 1, go_on);
  CHECK(got.centroids(1, 0) == 100);
  CHECK((got.which == std::vector<std::uint32_t>{0, 0, 2, 2}));
  // Each row is taken once, whatever lies nearest.
  CHECK((kernels::nearest_distinct(
             set_of(x, 1), {}, matrix({{11}, {11}, {11}, {11}, {11}}), 1,
             go_on) == std::vector<std::size_t>{3, 2, 1, 0}));
}

TEST_CASE("Of equally near rows the least key is taken", "[k_means]") {
  const std::vector<double> x = {1, -1, 1, -1};
  const std::vector<std::uint64_t> keys = {9, 4, 4, 5};
  CHECK((kernels::nearest_distinct(set_of(x, 1), keys,
                                   matrix({{0}, {0}, {0}, {0}}), 1, go_on) ==
         std::vector<std::size_t>{1, 2, 3, 0}));
}

TEST_CASE("k-means++ begins with distinct rows, and fills up with the rest",
          "[k_means]") {
  const std::vector<double> x = {3, 3, 3, 8, 8};
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    RandomStream random(seed);
    const auto start =
        kernels::k_means_start(set_of(x, 1), {}, 4, random, 1, go_on);
    const std::multiset<double> values(start.data(), start.data() + 4);
    CHECK(values.count(8) >= 1);
    CHECK(values.count(3) >= 2);
    // Rows that weigh nothing are not drawn.
    const std::vector<double> weights = {0, 0, 0, 1, 1};
    CHECK(kernels::k_means_start(set_of(x, 1), weights, 1, random, 1, go_on)(
              0, 0) == 8);
  }
}

TEST_CASE("Options of k-means that make no sense are refused", "[k_means]") {
  const auto id = [](kernels::KMeansOptions options) {
    return test::error_id([&] { options.validate(); });
  };
  CHECK(id({}).empty());
  CHECK(id({.max_iterations = 0}) == "strategy.bad_param");
  CHECK(id({.tolerance = -1}) == "strategy.bad_param");
  CHECK(id({.tolerance = HUGE_VAL}) == "strategy.bad_param");
}
