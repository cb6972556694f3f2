#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "quarry/core/bytes.hpp"
#include "quarry/decode/any_decoder.hpp"
#include "quarry/decode/encode.hpp"

namespace quarry::test {

/// Pixels `[height, width, channels]` of u1.
struct Picture {
  std::size_t height = 0;
  std::size_t width = 0;
  std::size_t channels = 3;
  std::vector<std::uint8_t> values = {};

  Picture(std::size_t h, std::size_t w, std::size_t c = 3)
      : height(h), width(w), channels(c), values(h * w * c) {}
  Picture(std::size_t h, std::size_t w, std::size_t c,
          const std::function<double(std::size_t y, std::size_t x,
                                     std::size_t c)>& value)
      : Picture(h, w, c) {
    for (std::size_t y = 0; y < h; ++y)
      for (std::size_t x = 0; x < w; ++x)
        for (std::size_t k = 0; k < c; ++k)
          at(y, x, k) = static_cast<std::uint8_t>(value(y, x, k));
  }

  std::uint8_t& at(std::size_t y, std::size_t x, std::size_t c) {
    return values[(y * width + x) * channels + c];
  }
  std::uint8_t at(std::size_t y, std::size_t x, std::size_t c) const {
    return values[(y * width + x) * channels + c];
  }
  std::span<const std::byte> bytes() const {
    return std::as_bytes(std::span(values));
  }
  friend bool operator==(const Picture&, const Picture&) = default;
};

/// A smooth picture whose four corners and three channels differ.
inline Picture smooth(std::size_t h, std::size_t w, std::size_t c = 3) {
  return Picture(h, w, c, [&](std::size_t y, std::size_t x, std::size_t k) {
    const double u = (static_cast<double>(x) + 0.5) / static_cast<double>(w);
    const double v = (static_cast<double>(y) + 0.5) / static_cast<double>(h);
    return 20 + 140 * u + 60 * v * v + 15 * static_cast<double>(k) * (1 - u);
  });
}

/// A picture without any smoothness.
inline Picture noise(std::size_t h, std::size_t w, std::size_t c = 3) {
  std::uint32_t state = 12345;
  return Picture(h, w, c, [&](auto...) {
    state = state * 1664525u + 1013904223u;
    return static_cast<double>(state >> 24);
  });
}

inline Bytes png_of(const Picture& p) {
  return encode_png(p.bytes(), {p.height, p.width}, {.channels = p.channels})
      .value();
}
inline Bytes jpeg_of(const Picture& p, int quality = 90) {
  return encode_jpeg(p.bytes(), {p.height, p.width},
                     {.channels = p.channels, .quality = quality})
      .value();
}

/// The decoded row; the failure's id as a throw otherwise.
inline Picture decoded(const AnyDecoder& decoder, const Bytes& bytes) {
  const SampleSpec spec = decoder.spec();
  Picture out(spec.shape[0], spec.shape[1], spec.shape[2]);
  decoder.decode(bytes, std::as_writable_bytes(std::span(out.values))).value();
  return out;
}

/// The id of the failure; "" when the bytes decode.
inline std::string failure_id(const AnyDecoder& decoder, const Bytes& bytes) {
  std::vector<std::byte> row(decoder.spec().bytes());
  const auto done = decoder.decode(bytes, row);
  return done ? "" : std::string(done.error().id.text());
}

/// The largest difference of two pictures; 256 when their shapes differ.
inline int distance(const Picture& a, const Picture& b) {
  if (a.values.size() != b.values.size() || a.width != b.width) return 256;
  int worst = 0;
  for (std::size_t i = 0; i < a.values.size(); ++i)
    worst = std::max(worst, std::abs(int(a.values[i]) - int(b.values[i])));
  return worst;
}

/// `text` with `part` put in at `offset`.
inline Bytes inserted(const Bytes& bytes, std::size_t offset,
                      std::string_view part) {
  std::string text(bytes.text());
  return Bytes::take(text.insert(offset, part));
}

inline std::string number(std::uint64_t value, std::size_t width,
                          bool little = false) {
  std::string text;
  for (std::size_t i = 0; i < width; ++i) {
    const std::size_t place = little ? i : width - 1 - i;
    text += static_cast<char>(value >> (8 * place) & 0xff);
  }
  return text;
}

/// A TIFF header and a directory with the orientation behind another entry.
inline std::string exif_block(std::uint32_t orientation, bool little) {
  const auto n = [&](std::uint32_t value, std::size_t width) {
    return number(value, width, little);
  };
  return (little ? "II" : "MM") + n(42, 2) + n(8, 4) + n(2, 2) +  //
         n(0x0100, 2) + n(3, 2) + n(1, 4) + n(7, 2) + n(0, 2) +   //
         n(0x0112, 2) + n(3, 2) + n(1, 4) + n(orientation, 2) + n(0, 2) +
         n(0, 4);
}

/// A JPEG with `exif` in an APP1 segment.
inline Bytes jpeg_with_exif(const Bytes& jpeg, const std::string& exif) {
  const std::string body = std::string("Exif\0\0", 6) + exif;
  const auto length = static_cast<std::uint32_t>(body.size() + 2);
  return inserted(jpeg, 2, "\xff\xe1" + number(length, 2) + body);
}

inline std::uint32_t crc32_of(std::string_view text) {
  std::uint32_t crc = 0xffffffffu;
  for (const char c : text) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit)
      crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0u);
  }
  return ~crc;
}

inline std::string png_chunk(const std::string& name, const std::string& data) {
  return number(static_cast<std::uint32_t>(data.size()), 4) + name + data +
         number(crc32_of(name + data), 4);
}

/// A PNG with one more chunk right behind IHDR.
inline Bytes png_with_chunk(const Bytes& png, const std::string& name,
                            const std::string& data) {
  return inserted(png, 8 + 25, png_chunk(name, data));
}

/// Resizing as its definition reads, in double precision and without rounding
/// in between: each target pixel is the mean of the source pixels under a
/// triangle that is max(1, source / target) pixels wide on either side.
inline std::vector<double> resized_exactly(const Picture& p, std::size_t height,
                                           std::size_t width) {
  const auto weight = [](std::size_t i, std::size_t j, std::size_t source,
                         std::size_t target) {
    const double scale = double(source) / double(target);
    const double distance =
        std::abs((double(j) + 0.5) - (double(i) + 0.5) * scale);
    return std::max(0.0, 1.0 - distance / std::max(1.0, scale));
  };
  std::vector<double> out(height * width * p.channels);
  for (std::size_t y = 0; y < height; ++y) {
    for (std::size_t x = 0; x < width; ++x) {
      double total = 0;
      std::array<double, 4> sums{};
      for (std::size_t v = 0; v < p.height; ++v) {
        const double wy = weight(y, v, p.height, height);
        if (wy == 0) continue;
        for (std::size_t u = 0; u < p.width; ++u) {
          const double w = wy * weight(x, u, p.width, width);
          total += w;
          for (std::size_t c = 0; c < p.channels; ++c)
            sums[c] += w * p.at(v, u, c);
        }
      }
      for (std::size_t c = 0; c < p.channels; ++c)
        out[(y * width + x) * p.channels + c] = sums[c] / total;
    }
  }
  return out;
}

}  // namespace quarry::test
