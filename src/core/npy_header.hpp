#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "quarry/core/dtype.hpp"

namespace quarry::detail {

/// What the header of an `.npy` says.
struct NpyHeader {
  DType type = DType::f4;
  bool big_endian = false;
  bool fortran_order = false;
  std::vector<std::size_t> shape;
  /// Where the elements begin, and how many bytes they take.
  std::size_t data_offset = 0;
  std::size_t data_bytes = 0;
};

/// Reads the header of format 1.0, 2.0 or 3.0 and compares what it says with
/// the length of `file`. Any input returns or raises `npy.invalid` or
/// `npy.unsupported`, whose messages begin with `name`.
NpyHeader parse_npy_header(std::string_view file, std::string_view name);

/// The header, magic and padding included, of a C-order, little-endian array.
std::string format_npy_header(DType type, std::span<const std::size_t> shape);

/// a·b into `product`; false when it does not fit.
bool multiply(std::size_t a, std::size_t b, std::size_t& product) noexcept;

}  // namespace quarry::detail
