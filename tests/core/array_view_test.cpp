#include "quarry/core/array_view.hpp"

#include <array>
#include <cstdint>
#include <numeric>
#include <vector>

#include "catch.hpp"
#include "error_id.hpp"

using quarry::ArrayView;
using quarry::DType;
using quarry::test::error_id;

TEST_CASE("a view of nothing is empty") {
  const ArrayView none;
  CHECK(none.empty());
  CHECK(none.rank() == 0);
  CHECK(none.rows() == 0);
  CHECK(none.data() == nullptr);
}

TEST_CASE("a view knows its shape") {
  const std::vector<float> data(24);
  const ArrayView view(data.data(), {2, 3, 4});
  CHECK(view.dtype() == DType::f4);
  CHECK(view.rank() == 3);
  CHECK(view.size() == 24);
  CHECK(view.rows() == 2);
  CHECK(view.cols() == 12);
  CHECK(view.describe() == "f4 [2, 3, 4]");
  CHECK(ArrayView(data.data(), {5}).cols() == 1);
  CHECK(ArrayView(data.data(), {}).size() == 1);
  CHECK(ArrayView(data.data(), {}).describe() == "f4 []");
  CHECK(ArrayView(data.data(), {0, 4}).empty());
}

TEST_CASE("a slab is the block of one index, and rows are a range of them") {
  std::vector<std::int32_t> data(24);
  std::iota(data.begin(), data.end(), 0);
  const ArrayView view(data.data(), {2, 3, 4});
  const ArrayView slab = view.slab(1);
  CHECK(slab.rank() == 2);
  CHECK(slab.rows() == 3);
  CHECK(slab.cols() == 4);
  CHECK(slab.as<std::int32_t>().front() == 12);
  CHECK(slab.as<std::int32_t>().size() == 12);
  const ArrayView last = slab.rows(1, 2);
  CHECK(last.rows() == 2);
  CHECK(last.as<std::int32_t>().front() == 16);
  CHECK(last.as<std::int32_t>().back() == 23);
  CHECK(slab.rows(3, 0).empty());
}

TEMPLATE_TEST_CASE("a row of any dtype is read as doubles and floats", "",
                   std::uint8_t, std::uint16_t, std::uint32_t, std::uint64_t,
                   std::int8_t, std::int16_t, std::int32_t, std::int64_t,
                   quarry::Half, float, double) {
  std::vector<TestType> data;
  for (int i = 0; i < 12; ++i) data.push_back(static_cast<TestType>(i * 3));
  const ArrayView view(data.data(), {3, 2, 2});
  std::array<double, 4> wide{};
  view.read_row(2, wide);
  CHECK(wide == std::array<double, 4>{24, 27, 30, 33});
  std::array<float, 4> narrow{};
  view.read_row(1, narrow);
  CHECK(narrow == std::array<float, 4>{12, 15, 18, 21});
}

TEST_CASE("a row of booleans is zeros and ones") {
  const std::array<bool, 4> data{true, false, false, true};
  std::array<double, 2> row{};
  ArrayView(data.data(), {2, 2}).read_row(1, row);
  CHECK(row == std::array<double, 2>{0, 1});
}

TEST_CASE("what a view does not have is a broken promise") {
  const std::vector<float> data(24);
  const ArrayView view(data.data(), {2, 12});
  std::array<double, 12> row{};
  std::array<double, 11> narrow{};
  CHECK(error_id([&] { view.slab(2); }) == "contract.violated");
  CHECK(error_id([&] { ArrayView(data.data(), {24}).slab(0); }) ==
        "contract.violated");
  CHECK(error_id([&] { view.rows(1, 2); }) == "contract.violated");
  CHECK(error_id([&] { view.rows(3, static_cast<std::size_t>(-2)); }) ==
        "contract.violated");
  CHECK(error_id([&] { static_cast<void>(view.as<double>()); }) ==
        "contract.violated");
  CHECK(error_id([&] { view.read_row(2, row); }) == "contract.violated");
  CHECK(error_id([&] { view.read_row(0, narrow); }) == "contract.violated");
  CHECK(error_id([&] {
          ArrayView(data.data(), {1, 1, 1, 1, 1});
        }) == "contract.violated");
}
