#include "strategy/kernels/row_scores.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "quarry/core/random.hpp"

#include "../instruction_sets.hpp"
#include "../pools.hpp"
#include "catch.hpp"

using namespace quarry;

namespace {

double entropy(const float* p, std::size_t width) {
  double sum = 0.0;
  for (std::size_t c = 0; c < width; ++c) {
    if (p[c] > 0.0F) sum -= double{p[c]} * std::log(double{p[c]});
  }
  return sum;
}

/// Whether bounds on the entropy of all rows are some, and not far above.
bool bounded(const std::vector<float>& p, std::size_t width) {
  const std::size_t rows = p.size() / width;
  std::vector<float> above(rows + 1, -7.0F);
  kernels::entropy_above(p.data(), rows, width, above.data());
  const double far = 2e-4 + 3e-6 * static_cast<double>(width);
  for (std::size_t i = 0; i < rows; ++i) {
    const double exact = entropy(p.data() + i * width, width);
    if (!(above[i] >= exact && above[i] <= exact + far)) return false;
  }
  return above[rows] == -7.0F;  // what is not asked for stays
}

std::vector<float> some_rows(std::size_t rows, std::size_t width,
                             double sharpness, RandomStream& random) {
  const auto p = test::random_probabilities(rows, width, random, sharpness);
  return {p.begin(), p.end()};
}

}  // namespace

TEST_CASE("A bound on entropy is one, and a close one", "[kernels]") {
  const std::int64_t target = GENERATE(from_range(test::targets()));
  const test::HeldTo held(target);
  RandomStream random(71);
  for (const std::size_t width : {1, 2, 3, 4, 5, 7, 10, 16, 33, 1000}) {
    for (const std::size_t rows : {0, 1, 3, 4, 15, 16, 17, 40}) {
      for (const double sharpness : {0.0, 1.0, 8.0, 60.0}) {
        CAPTURE(target, width, rows, sharpness);
        CHECK(bounded(some_rows(rows, width, sharpness, random), width));
      }
    }
  }
}

TEST_CASE("A bound on entropy holds for every number there is", "[kernels]") {
  const std::int64_t target = GENERATE(from_range(test::targets()));
  const test::HeldTo held(target);
  // 0, denormals, all exponents, mantissas near and far from powers of two; the
  // other number leaves a sum of 1, a little less, a little more.
  std::vector<float> p;
  const auto add = [&](float x) {
    for (const float off : {0.0F, -0.001F, 0.001F}) {
      p.push_back(x);
      p.push_back(std::max(0.0F, 1.0F + off - x));
    }
  };
  add(0.0F);
  add(std::numeric_limits<float>::denorm_min());
  for (float x = std::numeric_limits<float>::denorm_min() * 3; x < 1.0F;
       x *= 1.37F) {
    add(x);
  }
  for (int k = 0; k <= 4096; ++k) {
    add(std::min(1.0F, 0.5F + static_cast<float>(k) / 8192.0F));
    add(std::nextafter(0.25F + static_cast<float>(k) / 16384.0F, 0.0F));
  }
  CAPTURE(target);
  CHECK(bounded(p, 2));
}

TEST_CASE("No bound on entropy is given for too many classes", "[kernels]") {
  constexpr std::size_t width = 1'000'000;
  std::vector<float> p(width, 1.0F / width);
  float above = 0.0F;
  kernels::entropy_above(p.data(), 1, width, &above);
  CHECK(above == std::numeric_limits<float>::infinity());
}

TEST_CASE("The two largest of a row are those of its sorted numbers",
          "[kernels]") {
  const std::int64_t target = GENERATE(from_range(test::targets()));
  const test::HeldTo held(target);
  RandomStream random(72);
  for (const std::size_t width : {1, 2, 3, 4, 5, 10, 17, 64}) {
    for (const std::size_t rows : {0, 1, 3, 16, 17, 40}) {
      std::vector<float> p = some_rows(rows, width, 1.0, random);
      for (float& x : p) x = std::round(x * 20.0F) / 20.0F;  // ties
      std::vector<float> first(rows), second(rows);
      kernels::top_two(p.data(), rows, width, first.data(), second.data());
      std::size_t wrong = 0;
      for (std::size_t i = 0; i < rows; ++i) {
        std::vector<float> row(p.data() + i * width,
                               p.data() + (i + 1) * width);
        std::sort(row.rbegin(), row.rend());
        row.push_back(0.0F);
        wrong += first[i] != row[0] || second[i] != row[1] ? 1 : 0;
      }
      CAPTURE(target, width, rows);
      CHECK(wrong == 0);
    }
  }
}
