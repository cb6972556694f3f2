#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace quarry::detail {

/// a·b/255, rounded to nearest, for a, b in 0 … 255.
constexpr unsigned mul_div_255(unsigned a, unsigned b) noexcept {
  const unsigned product = a * b + 128;
  return (product + (product >> 8)) >> 8;
}

/// RGB of CMYK as a JPEG stores it: inverted, 255 is no ink. No colour profile:
/// each colour is what its ink and the black let through.
void inverted_cmyk_to_rgb(const std::uint8_t* cmyk, std::size_t count,
                          std::uint8_t* rgb) noexcept;

/// Lays RGBA over `background`, in place: `count` pixels of 4 bytes become as
/// many of 3, each (colour · alpha + background · (255 − alpha)) / 255,
/// rounded.
void flatten(std::uint8_t* pixels, std::size_t count,
             const std::array<std::uint8_t, 3>& background) noexcept;

/// RGB to luma, in place: (19595 R + 38470 G + 7471 B) / 2¹⁶, rounded.
void to_luma(std::uint8_t* pixels, std::size_t count) noexcept;

/// One byte a pixel to three equal ones, in place (from the last pixel on).
void replicate(std::uint8_t* pixels, std::size_t count) noexcept;

/// Swaps the first and the third byte of each pixel of three.
void swap_red_and_blue(std::uint8_t* pixels, std::size_t count) noexcept;

}  // namespace quarry::detail
