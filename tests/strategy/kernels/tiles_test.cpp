#include "quarry/strategy/kernels/tiles.hpp"

#include <cmath>
#include <cstdint>
#include <mutex>
#include <tuple>
#include <vector>

#include <hwy/targets.h>

#include "../instruction_sets.hpp"
#include "../pools.hpp"
#include "catch.hpp"

using namespace quarry;
using namespace quarry::kernels;

namespace {

/// All that tiles show, put together: `[N, M]` products and distances.
template <class T>
struct Shown {
  std::vector<T> products;
  std::vector<T> distances;
  std::vector<int> times;
};

template <class T>
Shown<T> show(const RowSet& left, const RowSet& right,
              std::size_t threads = 1) {
  const std::size_t columns = right.size();
  Shown<T> shown{std::vector<T>(left.size() * columns),
                 std::vector<T>(left.size() * columns),
                 std::vector<int>(left.size() * columns)};
  const Panels<T> panels(right, threads);
  for_each_tile<T>(left, panels, threads, [&](const Tile<T>& tile) {
    for (std::size_t i = 0; i < tile.rows; ++i) {
      for (std::size_t j = 0; j < tile.columns; ++j) {
        const std::size_t at =
            (tile.first_row + i) * columns + tile.first_column + j;
        shown.products[at] = tile.product(i, j);
        shown.distances[at] = tile.squared_distance(i, j);
        ++shown.times[at];
      }
    }
    return Flow::go_on;
  });
  return shown;
}

/// Whether products are those of the definition, to what rounding allows.
template <class T>
bool agree(const Shown<T>& shown, const std::vector<T>& x,
           const std::vector<T>& y, std::size_t width, double sign = 1.0) {
  const double u = std::numeric_limits<T>::epsilon();
  const std::size_t rows = x.size() / width, columns = y.size() / width;
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) {
      long double product = 0, size = 0, distance = 0, norms = 0;
      for (std::size_t k = 0; k < width; ++k) {
        const long double a = x[i * width + k], b = y[j * width + k];
        product += a * b;
        size += std::abs(a * b);
        distance += (a - b) * (a - b);
        norms += a * a + b * b;
      }
      const std::size_t at = i * columns + j;
      const auto slack = static_cast<long double>(width + 8) * u;
      if (shown.times[at] != 1 ||
          !(std::abs(sign * shown.products[at] - product) <= slack * size) ||
          !(std::abs(shown.distances[at] - distance) <= slack * norms)) {
        return false;
      }
    }
  }
  return true;
}

template <class T>
std::vector<T> numbers(std::size_t count, RandomStream& random) {
  const auto x = test::random_numbers(count, random);
  return {x.begin(), x.end()};
}

template <class T>
RowSet all(const std::vector<T>& x, std::size_t width) {
  return RowSet(ArrayView(x.data(), {x.size() / width, width}));
}

}  // namespace

TEMPLATE_TEST_CASE("Tiles show the product of every two rows once", "[kernels]",
                   float, double) {
  RandomStream random(31);
  const std::vector<std::tuple<std::size_t, std::size_t, std::size_t>> shapes =
      {{1, 1, 1},    {5, 3, 2},     {97, 33, 5},    {4, 256, 7},
       {96, 257, 3}, {101, 16, 64}, {200, 129, 33}, {13, 600, 130}};
  for (const std::int64_t target : test::targets()) {
    const test::HeldTo held(target);
    CAPTURE(hwy::TargetName(target));
    for (const auto& [rows, columns, width] : shapes) {
      CAPTURE(rows, columns, width);
      const auto x = numbers<TestType>(rows * width, random);
      const auto y = numbers<TestType>(columns * width, random);
      const auto shown = show<TestType>(all(x, width), all(y, width));
      CHECK(agree(shown, x, y, width));
      CHECK_FALSE(agree(shown, x, y, width, -1.0));
    }
  }
}

TEMPLATE_TEST_CASE(
    "A product does not depend on threads, on the place of its rows, on which "
    "is left, or on the instruction set",
    "[kernels]", float, double) {
  RandomStream random(32);
  const std::size_t width = 70;
  const auto x = numbers<TestType>(300 * width, random);
  const RowSet rows = all(x, width);
  const auto one = show<TestType>(rows, rows);
  for (const std::size_t threads : {2, 7}) {
    CHECK((show<TestType>(rows, rows, threads).products == one.products));
  }
  std::vector<std::size_t> order(300);
  for (std::size_t i = 0; i < 300; ++i) order[i] = (i * 7 + 3) % 300;
  const auto moved = show<TestType>(
      RowSet(ArrayView(x.data(), {300, width}), order), rows.part(5, 290));
  bool same = true;
  for (std::size_t i = 0; i < 300; ++i) {
    for (std::size_t j = 0; j < 290; ++j) {
      same &=
          moved.products[i * 290 + j] == one.products[(j + 5) * 300 + order[i]];
    }
  }
  CHECK(same);
#if defined(__x86_64__)
  // Those that have a fused multiply-add.
  for (const std::int64_t target : {HWY_AVX3, HWY_AVX2}) {
    if ((hwy::SupportedTargets() & target) == 0) continue;
    const test::HeldTo held(target);
    CHECK((show<TestType>(rows, rows).products == one.products));
  }
#endif
}

TEST_CASE("Equal rows are at a distance of exactly 0, whatever they hold",
          "[kernels]") {
  RandomStream random(33);
  for (const std::int64_t target : test::targets()) {
    const test::HeldTo held(target);
    for (const std::size_t width : {1, 3, 64, 511}) {
      auto x = numbers<float>(50 * width, random);
      for (float& value : x) value = value * 1e3F + 1e4F;
      const auto shown = show<float>(all(x, width), all(x, width));
      for (std::size_t i = 0; i < 50; ++i) {
        CHECK(shown.distances[i * 50 + i] == 0.0F);
      }
    }
  }
}

TEST_CASE("A distance is within its error bound, which is not idle",
          "[kernels]") {
  RandomStream random(34);
  for (const double offset : {0.0, 3.0, 1e5}) {
    for (const std::size_t width : {1, 2, 40, 600}) {
      auto x = numbers<double>(60 * width, random);
      for (double& value : x) value += offset;
      const auto shown = show<float>(all(x, width), all(x, width));
      double worst = 0.0;
      for (std::size_t i = 0; i < 60; ++i) {
        for (std::size_t j = 0; j < 60; ++j) {
          double distance = 0.0, norms = 0.0;
          for (std::size_t k = 0; k < width; ++k) {
            const double a = x[i * width + k], b = x[j * width + k];
            distance += (a - b) * (a - b);
            norms += a * a + b * b;
          }
          const double off = std::abs(shown.distances[i * 60 + j] - distance);
          const double bound =
              squared_error(width) * norms + squared_error_floor(width);
          worst = std::max(worst, off / bound);
        }
      }
      CAPTURE(offset, width, worst);
      CHECK(worst <= 1.0);
      CHECK(worst > 1e-3);
    }
  }
}

TEST_CASE("Tiles stop when they are asked to", "[kernels]") {
  const std::vector<float> x(1000 * 2, 1.0F);
  const Panels<float> panels(all(x, 2));
  int seen = 0;
  for_each_tile<float>(all(x, 2), panels, 1, [&](const Tile<float>&) {
    return ++seen == 3 ? Flow::stop : Flow::go_on;
  });
  CHECK(seen == 3);
}

TEST_CASE("Nothing on either side shows no tile", "[kernels]") {
  const std::vector<float> x(8, 1.0F);
  const RowSet rows = all(x, 2);
  const auto fail = [](const Tile<float>&) {
    FAIL("a tile of nothing");
    return Flow::go_on;
  };
  for_each_tile<float>(rows.part(0, 0), Panels<float>(rows), 1, fail);
  for_each_tile<float>(rows, Panels<float>(rows.part(0, 0)), 1, fail);
}
