#include "quarry/strategy/kernels/nearest.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "../pools.hpp"
#include "catch.hpp"

using namespace quarry;
using kernels::Nearest;
using kernels::RowSet;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();

struct Found {
  std::vector<double> squared;
  std::vector<std::uint32_t> which;
  bool operator==(const Found&) const = default;
};

template <class T>
RowSet all(const std::vector<T>& x, std::size_t width) {
  return RowSet(ArrayView(x.data(), {x.size() / width, width}));
}

/// Every row with every centre, from differences; `off` is a slip.
template <class T, class C>
Found brute(const std::vector<T>& x, const std::vector<C>& centres,
            std::size_t width, double off = 0.0) {
  Found found;
  for (std::size_t i = 0; i < x.size() / width; ++i) {
    double best = inf;
    std::uint32_t which = 0;
    for (std::size_t j = 0; j < centres.size() / width; ++j) {
      double sum = 0.0;
      for (std::size_t k = 0; k < width; ++k) {
        const double d = static_cast<double>(x[i * width + k]) -
                         static_cast<double>(centres[j * width + k]) - off;
        sum += d * d;
      }
      if (sum < best) {
        best = sum;
        which = static_cast<std::uint32_t>(j);
      }
    }
    found.squared.push_back(best);
    found.which.push_back(which);
  }
  return found;
}

/// In two steps, the first of a third of the centres.
template <class T, class C>
Found nearest_of(const std::vector<T>& x, const std::vector<C>& centres,
                 std::size_t width, std::size_t threads = 1) {
  const RowSet rows = all(x, width), to = all(centres, width);
  Found found{std::vector<double>(rows.size(), inf),
              std::vector<std::uint32_t>(rows.size())};
  const Nearest nearest(rows, threads);
  const std::size_t some = to.size() / 3;
  nearest.update(to.part(0, some), found.squared, found.which);
  nearest.update(to.part(some, to.size() - some), found.squared, found.which,
                 some);
  return found;
}

/// By `assign`, which keeps distances to itself.
template <class T, class C>
std::vector<std::uint32_t> assigned(const std::vector<T>& x,
                                    const std::vector<C>& centres,
                                    std::size_t width, std::size_t threads,
                                    std::size_t room) {
  const RowSet rows = all(x, width);
  std::vector<std::uint32_t> which(rows.size());
  Nearest(rows, threads, room).assign(all(centres, width), which, [] {
    return Flow::go_on;
  });
  return which;
}

/// The same centres, and the same distances but for the order of sums.
bool agree(const Found& got, const Found& want) {
  for (std::size_t i = 0; i < want.squared.size(); ++i) {
    const double slack = 1e-13 * want.squared[i];
    if (!(std::abs(got.squared[i] - want.squared[i]) <= slack)) return false;
  }
  return got.which == want.which;
}

}  // namespace

TEST_CASE("The nearest centre is the one that comparing all of them finds",
          "[kernels]") {
  RandomStream random(41);
  for (int trial = 0; trial < 60; ++trial) {
    const std::size_t width = 1 + random.below(trial % 2 == 0 ? 5 : 90);
    auto x = test::random_numbers((1 + random.below(300)) * width, random);
    auto c = test::random_numbers((3 + random.below(400)) * width, random);
    // Coarse numbers tie; an offset cancels.
    const double offset = trial % 5 == 0 ? 3e4 : 0.0;
    for (auto* numbers : {&x, &c}) {
      for (double& value : *numbers) {
        if (trial % 3 == 0) value = std::round(value);
        value += offset;
      }
    }
    CAPTURE(trial, width, x.size() / width, c.size() / width);
    CHECK(agree(nearest_of(x, c, width), brute(x, c, width)));
    for (const std::size_t room : {0, 1 << 20}) {
      CHECK(assigned(x, c, width, 1 + random.below(3), room) ==
            brute(x, c, width).which);
    }
    if (trial == 1)
      CHECK_FALSE(agree(nearest_of(x, c, width), brute(x, c, width, 1)));
    const std::vector<float> x4(x.begin(), x.end());
    CHECK(agree(nearest_of(x4, c, width), brute(x4, c, width)));
    std::vector<Half> x2, c2;
    for (const double value : x) x2.emplace_back(value);
    for (const double value : c) c2.emplace_back(value);
    CHECK(agree(nearest_of(x2, c2, width), brute(x2, c2, width)));
  }
}

TEST_CASE(
    "After some centres have changed only what they may concern is looked "
    "at, and the nearest are found",
    "[kernels]") {
  RandomStream random(44);
  for (int trial = 0; trial < 60; ++trial) {
    const std::size_t width = 1 + random.below(trial % 2 == 0 ? 4 : 60);
    auto x = test::random_numbers((1 + random.below(300)) * width, random);
    // More centres than a tile has, too, and those that change.
    auto c = test::random_numbers(
        (1 + random.below(trial % 5 == 0 ? 900 : 300)) * width, random);
    const std::size_t of_ten = trial % 10 == 0 ? 9 : random.below(10);
    if (trial % 3 == 0) {
      for (auto* numbers : {&x, &c})
        for (double& value : *numbers) value = std::round(value);
    }
    const std::size_t centres = c.size() / width;
    std::vector<std::uint32_t> which = assigned(x, c, width, 2, 0);
    std::vector<std::size_t> changed;
    for (std::size_t j = 0; j < centres; ++j) {
      if (random.below(10) >= of_ten) continue;
      changed.push_back(j);
      // To where another one is, so that they tie, or anywhere.
      const std::size_t from = random.below(centres);
      for (std::size_t d = 0; d < width; ++d) {
        c[j * width + d] = trial % 4 == 0 ? c[from * width + d]
                                          : c[j * width + d] + random.uniform();
      }
    }
    CAPTURE(trial, width, x.size() / width, centres, changed.size());
    const RowSet rows = all(x, width);
    Nearest(rows, 1 + random.below(3))
        .reassign(all(c, width), changed, which, [] { return Flow::go_on; });
    CHECK(which == brute(x, c, width).which);
  }
}

TEST_CASE("The nearest centre does not depend on the number of threads",
          "[kernels]") {
  RandomStream random(42);
  const auto x = test::random_numbers(900 * 20, random);
  const auto c = test::random_numbers(300 * 20, random);
  const Found one = nearest_of(x, c, 20);
  CHECK((nearest_of(x, c, 20, 2) == one));
  CHECK((nearest_of(x, c, 20, 7) == one));
}

TEST_CASE("The nearest centre is found beyond the range of float",
          "[kernels]") {
  for (const double size : {1e18, 1e30, 1e150, 1e-25, 1e-150}) {
    RandomStream random(43);
    auto x = test::random_numbers(60 * 3, random);
    auto c = test::random_numbers(50 * 3, random);
    for (auto* numbers : {&x, &c}) {
      for (double& value : *numbers) value *= size;
    }
    CAPTURE(size);
    CHECK(agree(nearest_of(x, c, 3), brute(x, c, 3)));
  }
  // Among common rows one that is not.
  std::vector<double> x = {0, 1, 2, 3, 1e200, 5, 6, 7};
  CHECK(agree(nearest_of(x, x, 1), brute(x, x, 1)));
}

TEST_CASE("Lower bounds lie below distances, and not far below", "[kernels]") {
  RandomStream random(44);
  const std::size_t width = 40;
  const auto x = test::random_numbers(50 * width, random);
  const auto c = test::random_numbers(70 * width, random);
  const RowSet rows = all(x, width), to = all(c, width);
  std::vector<float> bounds(50 * 70);
  Nearest(rows).lower_bounds(to, bounds);
  for (std::size_t i = 0; i < 50; ++i) {
    for (std::size_t j = 0; j < 70; ++j) {
      double sum = 0.0;
      for (std::size_t k = 0; k < width; ++k) {
        const double d = x[i * width + k] - c[j * width + k];
        sum += d * d;
      }
      CHECK(bounds[j * 50 + i] <= sum);
      CHECK(bounds[j * 50 + i] >= sum * (1 - 1e-4));
    }
  }
}

TEST_CASE("A search for the nearest centre stops when asked to", "[kernels]") {
  const std::vector<double> x(4000, 1.0);
  std::vector<double> squared(4000, inf);
  int asked = 0;
  CHECK(Nearest(all(x, 1)).update(all(x, 1), squared, {}, 0, [&] {
    return ++asked == 2 ? Flow::stop : Flow::go_on;
  }) == Flow::stop);
  CHECK(asked == 2);
}
