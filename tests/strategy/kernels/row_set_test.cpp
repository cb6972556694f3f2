#include "quarry/strategy/kernels/row_set.hpp"

#include <vector>

#include "../pools.hpp"
#include "catch.hpp"

using namespace quarry;
using kernels::RowSet;

namespace {

template <class T = double>
std::vector<T> row(const RowSet& rows, std::size_t i) {
  std::vector<T> x(rows.width());
  rows.read(i, std::span(x));
  return x;
}

}  // namespace

TEST_CASE("A row set is rows of an array in an order of its own", "[kernels]") {
  const std::vector<double> h = {0, 1, 2, 3, 4, 5, 6, 7};
  const std::vector<std::size_t> order = {3, 0, 2};
  const RowSet rows(ArrayView(h.data(), {4, 2}), order);
  REQUIRE(rows.size() == 3);
  REQUIRE(rows.width() == 2);
  CHECK(row(rows, 0) == std::vector<double>{6, 7});
  CHECK(row(rows, 1) == std::vector<double>{0, 1});
  CHECK(row(rows.part(1, 2), 1) == std::vector<double>{4, 5});
  CHECK(rows.in_place<double>(2) == h.data() + 4);
  CHECK(rows.in_place<float>(2) == nullptr);
  CHECK(row(RowSet(ArrayView(h.data(), {4, 2})).part(2, 1), 0) ==
        std::vector<double>{4, 5});
}

TEST_CASE("A row set moves and scales rows, in double", "[kernels]") {
  const std::vector<double> h = {1e9 + 3, 1e9 + 4, 1e9, 1e9, 3, 4, 0, 0};
  const RowSet rows(ArrayView(h.data(), {4, 2}));
  const std::vector<double> offset = {1e9, 1e9}, half = {0.5, 0.5};
  const RowSet moved = rows.less(offset);
  CHECK(row<float>(moved, 0) == std::vector<float>{3, 4});
  CHECK(moved.in_place<double>(0) == nullptr);
  CHECK(row(rows.less(half).less(half), 2) == std::vector<double>{2, 3});
  const RowSet unit = rows.normalised();
  CHECK(row(unit, 2) == std::vector<double>{0.6, 0.8});
  CHECK(row(unit, 3) == std::vector<double>{0, 0});
  CHECK(row(unit.less(half), 3) == std::vector<double>{-0.5, -0.5});
}

TEST_CASE("Directions of rows are places on a sphere", "[kernels]") {
  const std::vector<double> h = {3, 4, 0, 0, -3e-200, 4e-200, 3e200, 4e200};
  const RowSet rows = RowSet(ArrayView(h.data(), {4, 2})).directions();
  REQUIRE(rows.width() == 3);
  CHECK(rows.are_directions());
  CHECK(row(rows, 0) == std::vector<double>{0.6, 0.8, 0});
  CHECK(row(rows, 1) == std::vector<double>{0, 0, 1});
  CHECK(row(rows, 2)[0] == Approx(-0.6));
  CHECK(row(rows, 3)[1] == Approx(0.8));
  CHECK(row<float>(rows, 0) == std::vector<float>{0.6F, 0.8F, 0});
  const std::vector<std::size_t> back = {3, 1};
  CHECK(row(rows.of(back), 1) == std::vector<double>{0, 0, 1});
  const std::vector<double> offset = {0.5, 0.5, 0.5};
  CHECK(row(rows.less(offset), 1) == std::vector<double>{-0.5, -0.5, 0.5});
}

TEST_CASE("A row set reads half precision", "[kernels]") {
  const std::vector<Half> h = {Half(0.5F), Half(-2.0F)};
  const RowSet rows(ArrayView(h.data(), {1, 2}));
  CHECK(row(rows, 0) == std::vector<double>{0.5, -2.0});
  CHECK(row<float>(rows, 0) == std::vector<float>{0.5F, -2.0F});
}

TEST_CASE("The mean of a row set is that of its columns", "[kernels]") {
  const std::vector<double> h = {1, 10, 2, 20, 9, 90};
  const std::vector<std::size_t> some = {0, 1};
  CHECK(kernels::mean_of(RowSet(ArrayView(h.data(), {3, 2}), some)) ==
        std::vector<double>{1.5, 15});
}
