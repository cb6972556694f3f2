#include "quarry/strategy/kernels/neighbours.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "../lloyd.hpp"
#include "../pools.hpp"
#include "catch.hpp"
#include "made_device.hpp"

using namespace quarry;

TEST_CASE("Neighbours are those that comparing all rows finds", "[kernels]") {
  RandomStream random(61);
  for (int trial = 0; trial < 20; ++trial) {
    const std::size_t width = 1 + random.below(20);
    const std::size_t rows = 2 + random.below(250);
    const std::size_t k = random.below(std::min<std::size_t>(rows, 30));
    auto x = test::random_numbers(rows * width, random);
    if (trial % 2 == 0) {
      for (double& value : x) value = std::round(value);
    }
    const auto h = test::rows_of_width(x, width);
    for (const std::size_t threads : {1, 2}) {
      const auto got = kernels::nearest_neighbours(
          kernels::RowSet(ArrayView(x.data(), {rows, width})), k, threads);
      REQUIRE(got.size() == rows * k);
      bool same = true;
      for (std::size_t i = 0; i < rows; ++i) {
        std::vector<std::pair<double, std::size_t>> all;
        for (std::size_t j = 0; j < rows; ++j) {
          if (j != i) all.emplace_back(test::Lloyd::squared(h[i], h[j]), j);
        }
        std::sort(all.begin(), all.end());
        for (std::size_t n = 0; n < k; ++n) {
          const auto& near = got[i * k + n];
          same &= near.index == all[n].second &&
                  near.squared == Approx(all[n].first).margin(1e-12);
        }
      }
      CHECK(same);
    }
  }
}

namespace {

using kernels::Neighbour;
using kernels::RowSet;

bool same(const std::vector<Neighbour>& a, const std::vector<Neighbour>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Neighbour& x, const Neighbour& y) {
                      return x.index == y.index && x.squared == y.squared;
                    });
}

/// Rows of every kind: as they are, rounded so that many tie, twice, close
/// together and far from the origin, so large that floats do not hold them.
std::vector<double> rows_of_kind(int kind, std::size_t rows, std::size_t width,
                                 RandomStream& random) {
  std::vector<double> x = test::random_numbers(rows * width, random);
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (kind == 1) x[i] = std::round(x[i]);
    if (kind == 2 && i >= x.size() / 2) x[i] = x[i - rows / 2 * width];
    if (kind == 3) x[i] = 1e3 + 1e-4 * x[i];
    if (kind == 4) x[i] = 1e8 + 1e-6 * x[i];
    if (kind == 5) x[i] *= i / width % 50 == 0 ? 1e25 : 1.0;
    if (kind == 6) x[i] *= 1e-25;
  }
  return x;
}

}  // namespace

TEST_CASE("With a device neighbours are to the bit the processor's",
          "[kernels]") {
  RandomStream random(62);
  const std::size_t rows = 530;
  for (int kind = 0; kind < 7; ++kind) {
    for (const std::size_t width : {1, 24}) {
      const auto x = rows_of_kind(kind, rows, width, random);
      const std::vector<float> floats(x.begin(), x.end());
      const std::size_t k = width == 1 ? 1 : 20;
      for (const RowSet& set :
           {RowSet(ArrayView(x.data(), {rows, width})),
            RowSet(ArrayView(floats.data(), {rows, width})),
            RowSet(ArrayView(x.data(), {rows, width})).normalised()}) {
        CAPTURE(kind, width);
        const auto wanted = kernels::nearest_neighbours(set, k, 2);
        // All rows at once, and 64 at a time.
        for (const std::size_t memory :
             {std::size_t{1} << 30, 8 * 64 * width * sizeof(float)}) {
          test::MadeDevice device(memory);
          CHECK(same(kernels::nearest_neighbours(set, k, 2, &device), wanted));
          CHECK(device.uploads > 0);
          CHECK(device.take_notes().empty());
        }
      }
    }
  }
}

TEST_CASE("A device that fails leaves neighbours to the processor",
          "[kernels]") {
  RandomStream random(63);
  const auto x = rows_of_kind(0, 700, 9, random);
  const RowSet set(ArrayView(x.data(), {700, 9}));
  const auto wanted = kernels::nearest_neighbours(set, 12, 1);
  for (const std::size_t calls : {0, 1, 2, 3, 7, 15}) {
    test::MadeDevice device(8 * 100 * 9 * sizeof(float));
    device.calls_left = calls;
    CAPTURE(calls);
    CHECK(same(kernels::nearest_neighbours(set, 12, 1, &device), wanted));
    CHECK(device.refused == 1);
    CHECK(device.take_notes().size() == 1);
  }
  test::MadeDevice wrong(std::size_t{1} << 30, 1e5);
  CHECK_FALSE(same(kernels::nearest_neighbours(set, 12, 1, &wrong), wanted));
}

TEST_CASE("With a device the nearest of other groups are the processor's",
          "[kernels]") {
  RandomStream random(64);
  const std::size_t rows = 560;
  const auto go_on = [] {
    return Flow::go_on;
  };
  for (int kind = 0; kind < 7; ++kind) {
    for (const std::size_t width : {2, 30}) {
      const auto x = rows_of_kind(kind, rows, width, random);
      const RowSet set(ArrayView(x.data(), {rows, width}));
      std::vector<std::int64_t> groups;
      for (std::size_t i = 0; i < rows; ++i)
        groups.push_back(static_cast<std::int64_t>(random.below(6)) - 2);
      CAPTURE(kind, width);
      const auto wanted =
          kernels::nearest_of_other_groups(set, groups, 2, go_on);
      for (const std::size_t calls : {1'000'000, 0, 2, 5, 9}) {
        test::MadeDevice device(8 * 64 * width * sizeof(float));
        device.calls_left = calls;
        CHECK(kernels::nearest_of_other_groups(set, groups, 2, go_on,
                                               &device) == wanted);
        CHECK(device.take_notes().size() == (calls < 1'000'000 ? 1 : 0));
      }
    }
  }
  // One group has no other.
  const auto x = rows_of_kind(0, rows, 2, random);
  test::MadeDevice device;
  const auto alone = kernels::nearest_of_other_groups(
      RowSet(ArrayView(x.data(), {rows, 2})),
      std::vector<std::int64_t>(rows, 3), 1, go_on, &device);
  CHECK(std::count(alone.begin(), alone.end(),
                   std::numeric_limits<double>::infinity()) == rows);
  // What a device says counts: one that errs by too much is found out.
  const auto y = rows_of_kind(0, rows, 9, random);
  const RowSet set(ArrayView(y.data(), {rows, 9}));
  std::vector<std::int64_t> halves(rows);
  for (std::size_t i = 0; i < rows; ++i) halves[i] = i % 2 == 0 ? 1 : 0;
  test::MadeDevice wrong(std::size_t{1} << 30, 1e5);
  CHECK(kernels::nearest_of_other_groups(set, halves, 2, go_on, &wrong) !=
        kernels::nearest_of_other_groups(set, halves, 2, go_on));
}
