#include "quarry/decode/image_info.hpp"

#include <string>

#include "catch.hpp"
#include "images.hpp"

namespace quarry {
namespace {

using namespace test;

TEST_CASE("probing tells size, channels, format and orientation") {
  CHECK(probe_image(jpeg_of(noise(12, 34))).value() ==
        ImageInfo{34, 12, 3, ImageFormat::jpeg, 1});
  CHECK(probe_image(jpeg_of(noise(12, 34, 1))).value() ==
        ImageInfo{34, 12, 1, ImageFormat::jpeg, 1});
  for (const std::size_t channels : {1, 2, 3, 4}) {
    CHECK(probe_image(png_of(noise(12, 34, channels))).value() ==
          ImageInfo{34, 12, channels, ImageFormat::png, 1});
  }
  const Bytes keyed =
      png_with_chunk(png_of(noise(12, 34)), "tRNS", number(0, 6));
  CHECK(probe_image(keyed).value().channels == 4);
}

TEST_CASE("width and height are those that a viewer shows") {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const bool turned = orientation >= 5;
    for (const bool little : {false, true}) {
      const std::string exif = exif_block(std::uint32_t(orientation), little);
      for (const Bytes& bytes :
           {jpeg_with_exif(jpeg_of(noise(12, 34)), exif),
            png_with_chunk(png_of(noise(12, 34)), "eXIf", exif)}) {
        const ImageInfo info = probe_image(bytes).value();
        CHECK(info.orientation == orientation);
        CHECK(info.width == (turned ? 12 : 34));
        CHECK(info.height == (turned ? 34 : 12));
      }
    }
  }
}

TEST_CASE("probing needs the headers only") {
  const Bytes jpeg = jpeg_of(noise(12, 34));
  const std::size_t scan = jpeg.text().find("\xff\xda");
  REQUIRE(scan != std::string_view::npos);
  CHECK(probe_image(jpeg.slice(0, scan + 2)).value().width == 34);
  CHECK(probe_image(jpeg.slice(0, scan)).error().id == "decode.truncated");
  CHECK(probe_image(png_of(noise(12, 34)).slice(0, 33)).value().width == 34);
  CHECK(probe_image(png_of(noise(12, 34)).slice(0, 32)).error().id ==
        "decode.truncated");
  CHECK(probe_image(Bytes()).error().id == "decode.empty");
  CHECK(probe_image(Bytes::copy("text")).error().id == "decode.format");
}

}  // namespace
}  // namespace quarry
