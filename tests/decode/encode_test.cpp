#include "quarry/decode/encode.hpp"

#include <vector>

#include "quarry/decode/image_decoder.hpp"
#include "quarry/decode/image_info.hpp"

#include "catch.hpp"
#include "error_id.hpp"
#include "images.hpp"

namespace quarry {
namespace {

using namespace test;

TEST_CASE("a JPEG shows what was encoded") {
  for (const std::size_t channels : {1, 3}) {
    const Picture picture = smooth(37, 50, channels);
    const ImageDecoder decoder(
        {.height = 37, .width = 50, .channels = channels});
    CHECK(distance(decoded(decoder, jpeg_of(picture, 100)), picture) <= 4);
    CHECK(distance(decoded(decoder, jpeg_of(picture, 80)), picture) <= 12);
    CHECK(jpeg_of(noise(37, 50, channels), 10).size() <
          jpeg_of(noise(37, 50, channels), 90).size());
  }
}

TEST_CASE("a PNG is what was encoded") {
  const ImageDecoder colour({.height = 9, .width = 14});
  CHECK(decoded(colour, png_of(noise(9, 14))) == noise(9, 14));
  const ImageDecoder grey({.height = 9, .width = 14, .channels = 1});
  CHECK(decoded(grey, png_of(noise(9, 14, 1))) == noise(9, 14, 1));
  CHECK(probe_image(png_of(noise(9, 14, 2))).value().channels == 2);
  CHECK(probe_image(png_of(noise(9, 14, 4))).value().channels == 4);
}

TEST_CASE("the smallest image and a long one are encoded too") {
  for (const auto& [h, w] : {std::pair{1, 1}, {1, 65'500}, {65'500, 1}}) {
    const Picture picture = smooth(std::size_t(h), std::size_t(w), 1);
    CHECK(probe_image(jpeg_of(picture)).value().width == std::size_t(w));
    CHECK(probe_image(png_of(picture)).value().height == std::size_t(h));
  }
}

TEST_CASE("what cannot be an image is a broken promise") {
  const std::vector<std::byte> pixels(12);
  const auto jpeg = [&](std::size_t h, std::size_t w, std::size_t c, int q) {
    return error_id([&] {
      static_cast<void>(
          encode_jpeg(pixels, {h, w}, {.channels = c, .quality = q}));
    });
  };
  CHECK(jpeg(2, 2, 3, 90) == "");
  CHECK(jpeg(2, 3, 3, 90) == "contract.violated");
  CHECK(jpeg(0, 2, 3, 90) == "contract.violated");
  CHECK(jpeg(3, 2, 2, 90) == "contract.violated");
  CHECK(jpeg(2, 2, 3, 0) == "contract.violated");
  CHECK(jpeg(2, 2, 3, 101) == "contract.violated");
  CHECK(error_id([&] {
          static_cast<void>(encode_png(pixels, {1, 2}, {.channels = 6}));
        }) == "contract.violated");
}

}  // namespace
}  // namespace quarry
