#include "core/crc32c.hpp"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace quarry::detail {
namespace {

// Row 0 is the remainder of a byte, row k that of a byte with k zero bytes
// after it: eight bytes are looked up at once.
using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr Tables make_tables() {
  constexpr std::uint32_t polynomial = 0x82F63B78;  // bits reversed
  Tables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1) ^ ((crc & 1U) != 0 ? polynomial : 0);
    }
    tables[0][byte] = crc;
  }
  for (std::size_t row = 1; row < tables.size(); ++row) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t crc = tables[row - 1][byte];
      tables[row][byte] = (crc >> 8) ^ tables[0][crc & 0xFFU];
    }
  }
  return tables;
}

constexpr Tables tables = make_tables();

std::uint32_t next(std::uint32_t crc, std::byte byte) noexcept {
  return (crc >> 8) ^
         tables[0][(crc ^ static_cast<std::uint32_t>(byte)) & 0xFFU];
}

}  // namespace

std::uint32_t crc32c_from_table(std::span<const std::byte> bytes,
                                std::uint32_t before) noexcept {
  std::uint32_t crc = ~before;
  while (bytes.size() >= 8) {
    std::uint32_t looked_up = 0;
    for (std::size_t i = 0; i < 8; ++i) {
      auto byte = static_cast<std::uint32_t>(bytes[i]);
      if (i < 4) byte ^= (crc >> (8 * i)) & 0xFFU;
      looked_up ^= tables[7 - i][byte];
    }
    crc = looked_up;
    bytes = bytes.subspan(8);
  }
  for (const std::byte byte : bytes) crc = next(crc, byte);
  return ~crc;
}

#if defined(__x86_64__)

__attribute__((target("sse4.2"))) std::uint32_t crc32c_from_instruction(
    std::span<const std::byte> bytes, std::uint32_t before) noexcept {
  std::uint64_t crc = static_cast<std::uint32_t>(~before);
  while (bytes.size() >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), 8);
    crc = _mm_crc32_u64(crc, word);
    bytes = bytes.subspan(8);
  }
  auto rest = static_cast<std::uint32_t>(crc);
  for (const std::byte byte : bytes) {
    rest = _mm_crc32_u8(rest, static_cast<unsigned char>(byte));
  }
  return ~rest;
}

bool has_crc32c_instruction() noexcept {
  return __builtin_cpu_supports("sse4.2") != 0;
}

#else

std::uint32_t crc32c_from_instruction(std::span<const std::byte> bytes,
                                      std::uint32_t before) noexcept {
  return crc32c_from_table(bytes, before);
}

bool has_crc32c_instruction() noexcept {
  return false;
}

#endif

std::uint32_t crc32c(std::span<const std::byte> bytes,
                     std::uint32_t before) noexcept {
  static const bool instruction = has_crc32c_instruction();
  return instruction ? crc32c_from_instruction(bytes, before)
                     : crc32c_from_table(bytes, before);
}

}  // namespace quarry::detail
