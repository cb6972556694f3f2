#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace quarry::detail {

/// CRC-32C (Castagnoli; RFC 3720, appendix B.4), the checksum of TFRecord. With
/// `before`, the checksum of what precedes `bytes`, that of both together.
/// Computed by the processor where it can (SSE 4.2).
std::uint32_t crc32c(std::span<const std::byte> bytes,
                     std::uint32_t before = 0) noexcept;

/// The same from a table, on every machine.
std::uint32_t crc32c_from_table(std::span<const std::byte> bytes,
                                std::uint32_t before = 0) noexcept;

/// The same by the processor. Expects `has_crc32c_instruction()`.
std::uint32_t crc32c_from_instruction(std::span<const std::byte> bytes,
                                      std::uint32_t before = 0) noexcept;
bool has_crc32c_instruction() noexcept;

}  // namespace quarry::detail
