#include "quarry/core/matrix.hpp"

#include <array>
#include <type_traits>

#include "catch.hpp"

static_assert(quarry::Matrix::IsRowMajor);
static_assert(std::is_same_v<quarry::Matrix::Scalar, float>);
static_assert(std::is_same_v<quarry::Row::Scalar, double>);

TEST_CASE("a row of a matrix lies in one piece, as in NumPy") {
  const std::array<float, 6> data{1, 2, 3, 4, 5, 6};
  const quarry::MatrixView view(data.data(), 2, 3);
  CHECK(view(0, 2) == 3);
  CHECK(view(1, 0) == 4);
  const quarry::Matrix copy = view;
  CHECK(copy.row(1).data() == copy.data() + 3);
}

TEST_CASE("a writable view writes through") {
  std::array<float, 4> data{};
  quarry::MatrixRef(data.data(), 2, 2)(1, 0) = 9;
  CHECK(data == std::array<float, 4>{0, 0, 9, 0});
}
