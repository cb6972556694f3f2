#include "decode/exif.hpp"

#include <cstdint>

namespace quarry::detail {
namespace {

/// Reads numbers of either byte order; what lies outside is 0.
class Tiff {
 public:
  explicit Tiff(std::span<const std::byte> bytes) : bytes_(bytes) {
    const std::uint32_t mark = at(0) << 8 | at(1);
    little_ = mark == 0x4949;
    valid_ = (little_ || mark == 0x4d4d) && number(2, 2) == 42;
  }
  bool valid() const noexcept { return valid_; }
  std::size_t size() const noexcept { return bytes_.size(); }

  std::uint32_t number(std::size_t offset, std::size_t width) const noexcept {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < width; ++i) {
      value = value << 8 | at(offset + (little_ ? width - 1 - i : i));
    }
    return value;
  }

 private:
  std::uint32_t at(std::size_t i) const noexcept {
    return i < bytes_.size() ? std::to_integer<std::uint32_t>(bytes_[i]) : 0;
  }

  std::span<const std::byte> bytes_;
  bool little_ = false;
  bool valid_ = false;
};

constexpr std::uint32_t orientation_tag = 0x0112;
constexpr std::uint32_t type_short = 3;
constexpr std::uint32_t type_long = 4;

}  // namespace

int exif_orientation(std::span<const std::byte> bytes) noexcept {
  const Tiff tiff(bytes);
  if (!tiff.valid()) return 1;
  const std::size_t directory = tiff.number(4, 4);
  const std::size_t entries = tiff.number(directory, 2);
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t entry = directory + 2 + 12 * i;
    if (entry + 12 > tiff.size()) break;
    if (tiff.number(entry, 2) != orientation_tag) continue;
    const std::uint32_t type = tiff.number(entry + 2, 2);
    if (type != type_short && type != type_long) return 1;
    const std::uint32_t value =
        tiff.number(entry + 8, type == type_short ? 2 : 4);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

}  // namespace quarry::detail
