#include "quarry/decode/thumbnail.hpp"

#include <string>

#include "quarry/decode/image_decoder.hpp"
#include "quarry/decode/image_info.hpp"

#include "catch.hpp"
#include "error_id.hpp"
#include "images.hpp"

namespace quarry {
namespace {

using namespace test;

ImageInfo info_of(const Result<Bytes>& thumbnail) {
  return probe_image(thumbnail.value()).value();
}

TEST_CASE("a thumbnail keeps the aspect and is never larger than the image") {
  CHECK(info_of(make_thumbnail(jpeg_of(smooth(300, 400)), {.max_side = 100})) ==
        ImageInfo{100, 75, 3, ImageFormat::jpeg, 1});
  CHECK(info_of(make_thumbnail(png_of(smooth(90, 30)), {.max_side = 60})) ==
        ImageInfo{20, 60, 3, ImageFormat::jpeg, 1});
  CHECK(info_of(make_thumbnail(png_of(smooth(32, 20)), {.max_side = 96})) ==
        ImageInfo{20, 32, 3, ImageFormat::jpeg, 1});
  CHECK(info_of(make_thumbnail(png_of(smooth(1, 400)), {.max_side = 100})) ==
        ImageInfo{100, 1, 3, ImageFormat::jpeg, 1});
  CHECK(info_of(make_thumbnail(png_of(noise(8, 8, 1)), {.max_side = 8}))
            .channels == 1);
}

TEST_CASE("a thumbnail shows the image, upright and without its EXIF") {
  const Bytes stored =
      jpeg_with_exif(jpeg_of(smooth(200, 300), 95), exif_block(6, false));
  const Bytes thumbnail =
      make_thumbnail(stored, {.max_side = 90, .quality = 95}).value();
  CHECK(probe_image(thumbnail).value() ==
        ImageInfo{60, 90, 3, ImageFormat::jpeg, 1});
  const ImageDecoder decoder({.height = 90, .width = 60});
  CHECK(distance(decoded(decoder, thumbnail), decoded(decoder, stored)) <= 16);
}

TEST_CASE("transparent pixels of a thumbnail are white") {
  const Picture clear(20, 20, 4);
  const Bytes thumbnail =
      make_thumbnail(png_of(clear), {.max_side = 10}).value();
  const ImageDecoder decoder({.height = 10, .width = 10});
  CHECK(distance(decoded(decoder, thumbnail),
                 Picture(10, 10, 3, [](auto...) { return 255; })) <= 1);
}

TEST_CASE("what cannot be decoded has no thumbnail but a reason") {
  CHECK(make_thumbnail(Bytes()).error().id == "decode.empty");
  CHECK(make_thumbnail(Bytes::copy("GIF89a")).error().id == "decode.format");
  const Bytes jpeg = jpeg_of(noise(64, 64));
  CHECK(make_thumbnail(jpeg.slice(0, jpeg.size() - 50)).error().id ==
        "decode.truncated");
  CHECK(error_id([&] {
          static_cast<void>(make_thumbnail(jpeg, {.max_side = 0}));
        }) == "contract.violated");
}

}  // namespace
}  // namespace quarry
