#include "quarry/strategy/similarity.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <mutex>
#include <numeric>
#include <set>
#include <thread>
#include <vector>

#include "quarry/strategy/kernel_similarity.hpp"
#include "quarry/strategy/row_kernel.hpp"

#include "catch.hpp"
#include "error_id.hpp"
#include "pools.hpp"
#include "strategy/part_sums.hpp"

using namespace quarry;
using namespace quarry::test;

namespace {

PoolView pool_of_rows(const std::vector<double>& h, std::size_t width,
                      std::vector<std::size_t> labelled = {}) {
  const std::size_t rows = h.size() / width;
  return pool_of(rows,
                 {{inputs::embeddings, ArrayView(h.data(), {rows, width})}},
                 std::move(labelled));
}

/// s(row, u) for all u in V.
template <class Kernel>
std::vector<double> row_of(const PoolView& pool, std::size_t row,
                           Kernel kernel = {}, std::size_t threads = 1) {
  return similarity_of(pool, ground_of(pool), kernel, threads)
      ->row(row, threads);
}

}  // namespace

static_assert(ProductKernel<CosineKernel> && ProductKernel<RbfKernel>);
static_assert(PairKernel<RawRbfKernel> && PairKernel<InverseDistance<>>);
static_assert(!ProductKernel<RawRbfKernel> && !PairKernel<CosineKernel>);
static_assert(!RowKernel<Euclidean>);
static_assert(BoundedKernel<CosineKernel> && BoundedKernel<RbfKernel>);
static_assert(!BoundedKernel<RawRbfKernel>);

TEST_CASE("Kernels are their definitions", "[similarity]") {
  // Of lengths 5, 13, 0 and 10; the last is twice the first.
  const std::vector<double> h = {3, 4, 5, 12, 0, 0, 6, 8};
  const PoolView pool = pool_of_rows(h, 2);
  const auto close = [](const std::vector<double>& got,
                        const std::vector<double>& want) {
    for (std::size_t i = 0; i < want.size(); ++i) {
      CHECK(got[i] == Approx(want[i]).epsilon(1e-14));
    }
  };
  const double cosine = 63.0 / 65.0;
  close(row_of<CosineKernel>(pool, 0), {1, cosine, 0, 1});
  CHECK(row_of<CosineKernel>(pool, 0)[0] == 1.0);
  CHECK(row_of<CosineKernel>(pool, 2) == std::vector<double>(4, 0.0));
  close(row_of(pool, 0, RbfKernel{.sigma = 0.5}),
        {1, std::exp(-(2 - 2 * cosine) / 0.25), std::exp(-1 / 0.25), 1});
  close(row_of(pool, 0, RawRbfKernel{.sigma = 5}),
        {1, std::exp(-68.0 / 25), std::exp(-1), std::exp(-1)});
  close(row_of<InverseDistance<>>(pool, 0),
        {1, 1 / (1 + std::sqrt(68.0)), 1.0 / 6, 1.0 / 6});
}

TEST_CASE("Similarities are symmetric and copies alike, to the last bit",
          "[similarity]") {
  RandomStream random(41);
  const std::size_t rows = 1100, width = 7;
  auto h = random_numbers(rows * width, random);
  std::copy_n(
      h.begin(), width,
      h.end() - static_cast<std::ptrdiff_t>(width));  // the last is the first
  const PoolView pool = pool_of_rows(h, width);
  const auto check = [&](const auto& kernel) {
    const auto s = similarity_of(pool, ground_of(pool), kernel, 2);
    const auto first = s->row(0, 1);
    CHECK(first == s->row(rows - 1, 2));
    CHECK(first[0] == first[rows - 1]);
    CHECK(s->self(0) == first[0]);
    for (const std::size_t i : {1, 95, 96, 500, 1023, 1024}) {
      CHECK(first[i] == s->row(i, 1)[0]);
      CHECK(s->self(i) == s->row(i, 1)[i]);
    }
  };
  check(CosineKernel());
  check(RbfKernel{.sigma = 0.7});
  check(RawRbfKernel{.sigma = 2.0});
  check(InverseDistance<>());
}

TEST_CASE("Bounds are not below similarities, and hardly above",
          "[similarity]") {
  RandomStream random(43);
  for (const std::size_t width : {1, 7, 300}) {
    const std::size_t rows = 1100;
    auto h = random_numbers(rows * width, random);
    std::copy_n(h.begin(), width, h.begin() + 500 * width);  // a copy
    std::fill_n(h.begin() + 3 * width, width, 0.0);          // and zeros
    const PoolView pool = pool_of_rows(h, width, {7});
    const std::vector<std::size_t> asked = {3, 0, 500, 1099};
    const auto check = [&](const auto& kernel, double room) {
      const auto values = similarity_of(pool, ground_of(pool), kernel, 1);
      const auto bounds = similarity_of(pool, ground_of(pool), kernel, 2,
                                        Similarity::Ready::bounds);
      double most = 0.0;
      std::size_t below = 0;
      bounds->visit_bounds(
          asked, 1,
          [&](std::size_t i, std::size_t first, std::span<const float> shown) {
            const auto row = values->row(asked[i], 1);
            for (std::size_t k = 0; k < shown.size(); ++k) {
              const double over = double{shown[k]} - row[first + k];
              below += over < 0.0 ? 1 : 0;
              // Of rows of zeros a distance says little.
              if (asked[i] != 3 && first + k != 3) most = std::max(most, over);
            }
          });
      CHECK(below == 0);
      CHECK(most < room);
      // What is exact is so to the last bit, whatever is kept.
      for (const std::size_t row : asked) {
        const auto whole = values->row(row, 1);
        CHECK(bounds->row(row, 2) == whole);
        CHECK(bounds->self(row) == values->self(row));
        for (const auto* s : {&values, &bounds}) {
          const std::vector<std::uint32_t> places = {0, 3, 500, 1098};
          std::vector<double> out(places.size());
          (*s)->some(row, places, out);
          for (std::size_t k = 0; k < places.size(); ++k) {
            CHECK(out[k] == whole[places[k]]);
          }
        }
      }
    };
    check(CosineKernel(), 1e-4);
    check(RbfKernel{.sigma = 1.0}, 2e-4);
    check(RbfKernel{.sigma = 0.1}, 2e-2);
    check(RbfKernel{.sigma = 1e-30}, 1.1);
    check(RawRbfKernel{.sigma = 2.0}, 1e-7);
  }
}

TEST_CASE("Sums over the ground set do not depend on order or threads",
          "[similarity]") {
  RandomStream random(42);
  const std::size_t rows = 2500, width = 3;
  const auto h = random_numbers(rows * width, random);
  const PoolView pool = pool_of_rows(h, width, {7});
  const auto s = similarity_of(pool, ground_of(pool), RbfKernel(), 1);
  const std::vector<std::size_t> some = {3, 2400, 7};
  const auto one = detail::sums_over_ground(*s, some, 1);
  const auto seven = detail::sums_over_ground(*s, some, 7);
  for (std::size_t i = 0; i < some.size(); ++i) {
    CHECK(one[i].value() == seven[i].value());
    long double want = 0;
    for (const double value : s->row(some[i], 1)) {
      want += static_cast<long double>(value);
    }
    CHECK(one[i].value() == static_cast<double>(want));
  }
}

TEST_CASE("Only candidates and labelled rows are in the ground set",
          "[similarity]") {
  PoolView::Parts parts;
  const std::vector<double> h = {0, 1, std::nan(""), 3};
  parts.rows = 4;
  parts.inputs = {{inputs::embeddings, ArrayView(h.data(), {4, 1})}};
  parts.candidates = {1, 3};
  parts.labelled = {0};
  parts.keys = row_keys(4, 0);
  const PoolView pool(parts);
  CHECK(ground_of(pool) == std::vector<std::size_t>{0, 1, 3});
  CHECK(row_of<InverseDistance<>>(pool, 3) ==
        std::vector<double>{1.0 / 4, 1.0 / 3, 1.0});
}

TEST_CASE("A given matrix is read as it is, and checked", "[similarity]") {
  const double nan = std::nan("");
  std::vector<float> s = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  const auto pool = [&](std::size_t rows, std::size_t columns) {
    return pool_of(
        3, {{inputs::similarity, ArrayView(s.data(), {rows, columns})}});
  };
  CHECK(row_of<CosineKernel>(pool(3, 3), 1) == std::vector<double>{4, 5, 6});
  CHECK(similarity_of(pool(3, 3), {0, 2}, CosineKernel(), 1)->row(2, 1) ==
        std::vector<double>{7, 9});
  CHECK(similarity_of(pool(3, 3), {0, 2}, CosineKernel(), 1)->self(2) == 9.0);
  CHECK(error_id([&] { row_of<CosineKernel>(pool(3, 2), 0); }) ==
        "strategy.input_shape");
  CHECK(error_id([&] { row_of<CosineKernel>(pool(2, 3), 0); }) ==
        "strategy.input_shape");
  s[5] = static_cast<float>(nan);
  CHECK(error_id([&] { row_of<CosineKernel>(pool(3, 3), 0); }) ==
        "strategy.bad_row");
  // Nobody asks about row 2.
  CHECK(similarity_of(pool(3, 3), {0, 1}, CosineKernel(), 1)->row(1, 1) ==
        std::vector<double>{4, 5});
}

TEST_CASE("A part of the ground set is shown by one thread", "[similarity]") {
  constexpr std::size_t rows = Similarity::part + 76;
  RandomStream random(15);
  const std::vector<double> h = random_numbers(rows * 2, random);
  const std::vector<double> s = random_numbers(rows * rows, random);
  const PoolView kernel = pool_of_rows(h, 2);
  const PoolView given =
      pool_of(rows, {{inputs::similarity, ArrayView(s.data(), {rows, rows})}});
  for (const PoolView* pool : {&kernel, &given}) {
    const auto similarity =
        similarity_of(*pool, ground_of(*pool), CosineKernel(), 4);
    std::mutex mutex;
    std::vector<std::set<std::thread::id>> threads(similarity->parts());
    std::vector<std::vector<std::size_t>> seen(similarity->parts(),
                                               std::vector<std::size_t>(rows));
    bool parts = true, ascending = true;
    similarity->visit(
        pool->candidates(), 4,
        [&](std::size_t i, std::size_t first, std::span<const double> values) {
          const std::lock_guard lock(mutex);
          const std::size_t p = first / Similarity::part;
          parts &= (first + values.size() - 1) / Similarity::part == p;
          ascending &= first == p * Similarity::part + seen[p][i];
          seen[p][i] += values.size();
          threads[p].insert(std::this_thread::get_id());
        });
    CHECK(parts);
    CHECK(ascending);
    for (const auto& of_part : threads) CHECK(of_part.size() == 1);
    CHECK(seen[0] == std::vector<std::size_t>(rows, Similarity::part));
    CHECK(seen[1] == std::vector<std::size_t>(rows, 76));
  }
}
