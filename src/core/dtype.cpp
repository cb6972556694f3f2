#include "quarry/core/dtype.hpp"

#include <array>

namespace quarry {

std::string_view name_of(DType type) noexcept {
  static constexpr std::array<std::string_view, 12> names{
      "b1", "u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8"};
  return names[static_cast<std::size_t>(type)];
}

}  // namespace quarry
