#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include <Eigen/Core>

namespace quarry {

/// IEEE 754 binary16, for storage: converted with round-to-nearest-even, never
/// computed in.
using Half = Eigen::half;

/// The element type of an array, named as NumPy names it.
enum class DType : std::uint8_t {
  b1,  ///< bool, one byte, 0 or 1
  u1,
  u2,
  u4,
  u8,
  i1,
  i2,
  i4,
  i8,
  f2,
  f4,
  f8,
};

/// Bytes of one element: 1, 2, 4 or 8.
constexpr std::size_t size_of(DType type) noexcept {
  switch (type) {
    case DType::b1:
    case DType::u1:
    case DType::i1:
      return 1;
    case DType::u2:
    case DType::i2:
    case DType::f2:
      return 2;
    case DType::u4:
    case DType::i4:
    case DType::f4:
      return 4;
    case DType::u8:
    case DType::i8:
    case DType::f8:
      return 8;
  }
  return 0;
}

constexpr bool is_float(DType type) noexcept {
  return type == DType::f2 || type == DType::f4 || type == DType::f8;
}

/// "f4", "u1", …
std::string_view name_of(DType type) noexcept;

/// The dtype of a C++ element type.
template <class T>
consteval DType dtype_of() {
  if constexpr (std::is_same_v<T, bool>)
    return DType::b1;
  else if constexpr (std::is_same_v<T, Half>)
    return DType::f2;
  else if constexpr (std::is_same_v<T, float>)
    return DType::f4;
  else if constexpr (std::is_same_v<T, double>)
    return DType::f8;
  else {
    static_assert(std::is_integral_v<T>, "no NumPy dtype for this type");
    constexpr bool sign = std::is_signed_v<T>;
    if constexpr (sizeof(T) == 1) return sign ? DType::i1 : DType::u1;
    if constexpr (sizeof(T) == 2) return sign ? DType::i2 : DType::u2;
    if constexpr (sizeof(T) == 4) return sign ? DType::i4 : DType::u4;
    if constexpr (sizeof(T) == 8) return sign ? DType::i8 : DType::u8;
  }
}

/// Calls `visitor` with a null pointer of the C++ type that `type` stands for:
/// `visit_dtype(t, []<class T>(T*) { … })`.
template <class Visitor>
decltype(auto) visit_dtype(DType type, Visitor&& visitor) {
  switch (type) {
    case DType::b1:
      return visitor(static_cast<bool*>(nullptr));
    case DType::u1:
      return visitor(static_cast<std::uint8_t*>(nullptr));
    case DType::u2:
      return visitor(static_cast<std::uint16_t*>(nullptr));
    case DType::u4:
      return visitor(static_cast<std::uint32_t*>(nullptr));
    case DType::u8:
      return visitor(static_cast<std::uint64_t*>(nullptr));
    case DType::i1:
      return visitor(static_cast<std::int8_t*>(nullptr));
    case DType::i2:
      return visitor(static_cast<std::int16_t*>(nullptr));
    case DType::i4:
      return visitor(static_cast<std::int32_t*>(nullptr));
    case DType::i8:
      return visitor(static_cast<std::int64_t*>(nullptr));
    case DType::f2:
      return visitor(static_cast<Half*>(nullptr));
    case DType::f4:
      return visitor(static_cast<float*>(nullptr));
    case DType::f8:
      break;
  }
  return visitor(static_cast<double*>(nullptr));
}

}  // namespace quarry
