#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "quarry/core/random.hpp"
#include "quarry/model/predictions.hpp"

namespace quarry::test {

/// A slab in memory of its own.
struct Pixels {
  SampleSpec spec;
  std::size_t rows = 0;
  std::vector<std::byte> bytes = {};

  SlabView view() const { return {bytes, rows, spec}; }
  int at(std::size_t r, std::size_t y, std::size_t x, std::size_t c) const {
    const auto& s = spec.shape;
    return std::to_integer<int>(bytes[((r * s[0] + y) * s[1] + x) * s[2] + c]);
  }
};

inline Pixels random_pixels(std::size_t rows, std::size_t height,
                            std::size_t width, std::size_t channels = 3,
                            std::uint64_t seed = 1) {
  Pixels pixels{{.shape = {height, width, channels}}, rows};
  pixels.bytes.resize(rows * pixels.spec.bytes());
  RandomStream stream(seed);
  for (std::byte& byte : pixels.bytes) {
    byte = static_cast<std::byte>(stream.below(256));
  }
  return pixels;
}

/// A path under QUARRY_SHARED, whether it exists or not.
inline std::filesystem::path shared(const std::string& name) {
  const char* root = std::getenv("QUARRY_SHARED");
  return std::filesystem::path(root == nullptr ? "../shared" : root) / name;
}

inline std::filesystem::path golden(const std::string& name) {
  return std::filesystem::path(QUARRY_TESTS_DIR) / "goldens/model" / name;
}

/// Numbers in [-1, 1) out of a name, as tests/goldens/model/make.py makes them.
inline std::vector<double> golden_values(const std::string& name,
                                         std::size_t count) {
  std::uint32_t seed = 2166136261U;
  for (const char c : name) {
    seed = (seed ^ static_cast<unsigned char>(c)) * 16777619U;
  }
  std::vector<double> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::uint32_t x = static_cast<std::uint32_t>(i) * 2654435761U + seed;
    x = (x ^ (x >> 15)) * 739982445U;
    x = (x ^ (x >> 12)) * 695872825U;
    values[i] = static_cast<double>(x >> 8) / 8388608.0 - 1.0;
  }
  return values;
}

}  // namespace quarry::test
