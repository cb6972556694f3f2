#include "decode/colour.hpp"

#include <utility>

namespace quarry::detail {

void inverted_cmyk_to_rgb(const std::uint8_t* cmyk, std::size_t count,
                          std::uint8_t* rgb) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    const unsigned light = cmyk[4 * i + 3];
    for (std::size_t c = 0; c < 3; ++c) {
      const unsigned ink = 255u - cmyk[4 * i + c];
      rgb[3 * i + c] =
          static_cast<std::uint8_t>(light - mul_div_255(ink, light));
    }
  }
}

void flatten(std::uint8_t* pixels, std::size_t count,
             const std::array<std::uint8_t, 3>& background) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint8_t* from = pixels + 4 * i;
    const unsigned alpha = from[3];
    std::array<std::uint8_t, 3> laid;
    for (std::size_t c = 0; c < 3; ++c) {
      const unsigned sum =
          from[c] * alpha + background[c] * (255 - alpha) + 128;
      laid[c] = static_cast<std::uint8_t>((sum + (sum >> 8)) >> 8);
    }
    for (std::size_t c = 0; c < 3; ++c) pixels[3 * i + c] = laid[c];
  }
}

void to_luma(std::uint8_t* pixels, std::size_t count) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint8_t* rgb = pixels + 3 * i;
    pixels[i] = static_cast<std::uint8_t>(
        (19595u * rgb[0] + 38470u * rgb[1] + 7471u * rgb[2] + 0x8000u) >> 16);
  }
}

void replicate(std::uint8_t* pixels, std::size_t count) noexcept {
  for (std::size_t i = count; i-- > 0;) {
    const std::uint8_t grey = pixels[i];
    for (std::size_t c = 0; c < 3; ++c) pixels[3 * i + c] = grey;
  }
}

void swap_red_and_blue(std::uint8_t* pixels, std::size_t count) noexcept {
  for (std::size_t i = 0; i < count; ++i)
    std::swap(pixels[3 * i], pixels[3 * i + 2]);
}

}  // namespace quarry::detail
