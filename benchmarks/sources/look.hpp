#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

/// Looks at every byte, as a decoder would: what was read must have come.
inline std::uint64_t look(const void* bytes, std::size_t size) {
  const char* at = static_cast<const char*>(bytes);
  std::uint64_t sum = 0;
  for (; size >= sizeof sum; size -= sizeof sum, at += sizeof sum) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    sum += word;
  }
  for (; size > 0; --size, ++at) sum += static_cast<unsigned char>(*at);
  return sum;
}
