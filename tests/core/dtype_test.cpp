#include "quarry/core/dtype.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "catch.hpp"

using quarry::DType;
using quarry::Half;

static_assert(quarry::dtype_of<bool>() == DType::b1);
static_assert(quarry::dtype_of<unsigned char>() == DType::u1);
static_assert(quarry::dtype_of<std::int16_t>() == DType::i2);
static_assert(quarry::dtype_of<long>() == DType::i8);
static_assert(quarry::dtype_of<long long>() == DType::i8);
static_assert(quarry::dtype_of<std::size_t>() == DType::u8);
static_assert(quarry::dtype_of<Half>() == DType::f2);
static_assert(quarry::dtype_of<float>() == DType::f4);
static_assert(quarry::dtype_of<double>() == DType::f8);

namespace {

// The value of a half from the definition of binary16.
double value_of(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 31;
  const int fraction = bits & 1023;
  const double sign = (bits & 0x8000) != 0 ? -1.0 : 1.0;
  if (exponent == 31)
    return fraction != 0 ? std::numeric_limits<double>::quiet_NaN()
                         : sign * std::numeric_limits<double>::infinity();
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  return sign * std::ldexp(1024 + fraction, exponent - 25);
}

std::uint16_t bits_of(float value) {
  return std::bit_cast<std::uint16_t>(static_cast<Half>(value));
}

}  // namespace

TEST_CASE("a dtype's name, size and C++ type agree") {
  const std::string kinds = "biuf";
  for (int i = 0; i < 12; ++i) {
    const auto type = static_cast<DType>(i);
    const std::string name(quarry::name_of(type));
    REQUIRE(name.size() == 2);
    CHECK(kinds.find(name[0]) != kinds.npos);
    CHECK(static_cast<std::size_t>(name[1] - '0') == quarry::size_of(type));
    const bool same = quarry::visit_dtype(type, [&]<class T>(T*) {
      return quarry::dtype_of<T>() == type &&
             sizeof(T) == quarry::size_of(type);
    });
    CHECK(same);
  }
}

TEST_CASE("every half has the value that binary16 gives it") {
  int wrong = 0;
  for (std::uint32_t i = 0; i < 65536; ++i) {
    const auto bits = static_cast<std::uint16_t>(i);
    const double expected = value_of(bits);
    const auto value =
        static_cast<double>(static_cast<float>(std::bit_cast<Half>(bits)));
    const bool same = std::isnan(expected)
                          ? std::isnan(value)
                          : value == expected &&
                                std::signbit(value) == std::signbit(expected);
    wrong += same ? 0 : 1;
  }
  CHECK(wrong == 0);
}

TEST_CASE("every half survives the way to float and back") {
  int wrong = 0;
  for (std::uint32_t i = 0; i < 65536; ++i) {
    const auto bits = static_cast<std::uint16_t>(i);
    const auto value = static_cast<float>(std::bit_cast<Half>(bits));
    const std::uint16_t back = bits_of(value);
    const bool same =
        std::isnan(value) ? std::isnan(value_of(back)) : back == bits;
    wrong += same ? 0 : 1;
  }
  CHECK(wrong == 0);
}

TEST_CASE("between two halves a float goes to the nearer, a tie to the even") {
  int wrong = 0;
  // Up to the pair (65472, 65504): the largest finite half is 0x7BFF.
  for (std::uint16_t low = 0; low < 0x7BFF; ++low) {
    const auto high = static_cast<std::uint16_t>(low + 1);
    // Twelve significant bits: exact as a float.
    const auto middle =
        static_cast<float>((value_of(low) + value_of(high)) / 2);
    const float below = std::nextafter(middle, 0.0F);
    const float above = std::nextafter(middle, 1e9F);
    const std::uint16_t even = low % 2 == 0 ? low : high;
    for (const int sign : {1, -1}) {
      const auto s = static_cast<float>(sign);
      const auto mask = static_cast<std::uint16_t>(sign < 0 ? 0x8000 : 0);
      wrong += bits_of(s * below) != (low | mask);
      wrong += bits_of(s * middle) != (even | mask);
      wrong += bits_of(s * above) != (high | mask);
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("a float beyond the largest half is infinite") {
  CHECK(bits_of(65504.0F) == 0x7BFF);
  CHECK(bits_of(std::nextafter(65520.0F, 0.0F)) == 0x7BFF);
  CHECK(bits_of(65520.0F) == 0x7C00);  // the tie goes to the even: infinity
  CHECK(bits_of(-1e30F) == 0xFC00);
  CHECK(bits_of(std::numeric_limits<float>::infinity()) == 0x7C00);
  CHECK(bits_of(1e-30F) == 0);
  CHECK(bits_of(-1e-30F) == 0x8000);
}
