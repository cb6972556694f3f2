#include "quarry/decode/image_decoder.hpp"

#include <string>
#include <thread>
#include <vector>

#include "quarry/decode/image_info.hpp"

#include "catch.hpp"
#include "error_id.hpp"
#include "images.hpp"

namespace quarry {
namespace {

using namespace test;

static_assert(Decoder<ImageDecoder>);

/// What EXIF means by an orientation: where the upright pixel (y, x) is stored.
Picture upright(const Picture& stored, int orientation) {
  const bool swap = orientation >= 5;
  const std::size_t h = stored.height;
  const std::size_t w = stored.width;
  Picture out(swap ? w : h, swap ? h : w, stored.channels);
  for (std::size_t y = 0; y < out.height; ++y) {
    for (std::size_t x = 0; x < out.width; ++x) {
      std::size_t v = y;
      std::size_t u = x;
      switch (orientation) {
        case 2:
          v = y, u = w - 1 - x;
          break;  // mirrored
        case 3:
          v = h - 1 - y, u = w - 1 - x;
          break;  // upside down
        case 4:
          v = h - 1 - y, u = x;
          break;
        case 5:
          v = x, u = y;
          break;
        case 6:
          v = h - 1 - x, u = y;
          break;  // turned to the left
        case 7:
          v = h - 1 - x, u = w - 1 - y;
          break;
        case 8:
          v = x, u = w - 1 - y;
          break;  // turned to the right
        default:
          break;
      }
      for (std::size_t c = 0; c < stored.channels; ++c)
        out.at(y, x, c) = stored.at(v, u, c);
    }
  }
  return out;
}

TEST_CASE("an image of the right size is copied") {
  const ImageDecoder decoder({.height = 20, .width = 31});
  CHECK(decoder.spec() == SampleSpec{{20, 31, 3}, DType::u1});
  const Picture colour = noise(20, 31);
  CHECK(decoded(decoder, png_of(colour)) == colour);

  const Picture grey = noise(20, 31, 1);
  const Picture shown = decoded(decoder, png_of(grey));
  for (std::size_t i = 0; i < shown.values.size(); ++i)
    REQUIRE(shown.values[i] == grey.values[i / 3]);
}

TEST_CASE("resizing is the antialiased triangle filter, within a level") {
  struct Case {
    std::size_t h, w, channels, resize;
  };
  for (const Case& c :
       {Case{40, 40, 3, 17}, Case{23, 50, 3, 16}, Case{50, 23, 3, 16},
        Case{6, 9, 3, 31}, Case{37, 300, 1, 5}, Case{1, 4, 3, 12},
        Case{64, 64, 1, 2}, Case{3, 2, 3, 2}}) {
    CAPTURE(c.h, c.w, c.channels, c.resize);
    const Picture source = noise(c.h, c.w, c.channels);
    const bool tall = c.h > c.w;
    const std::size_t other =
        c.resize * std::max(c.h, c.w) / std::min(c.h, c.w);
    const ImageDecoder decoder({.height = tall ? other : c.resize,
                                .width = tall ? c.resize : other,
                                .channels = c.channels,
                                .resize = c.resize});
    const Picture shown = decoded(decoder, png_of(source));
    const auto exact = resized_exactly(source, shown.height, shown.width);
    double worst = 0;
    for (std::size_t i = 0; i < exact.size(); ++i)
      worst = std::max(worst, std::abs(exact[i] - shown.values[i]));
    // Half a level from each of the two roundings.
    CHECK(worst <= 1.0 + 1e-4);
  }
}

TEST_CASE("a crop is the part of the resized image that it says it is") {
  const Picture source = noise(61, 83);
  const ImageDecoder whole({.height = 37, .width = 50, .resize = 37});
  const Picture all = decoded(whole, png_of(source));
  for (const std::size_t height : {1, 2, 3, 20, 37}) {
    for (const std::size_t width : {1, 2, 5, 31, 50}) {
      CAPTURE(height, width);
      const ImageDecoder part({.height = height, .width = width, .resize = 37});
      // Python: int(round((37 - height) / 2.0)), halves to even.
      const auto offset = [](std::size_t margin) {
        return static_cast<std::size_t>(std::nearbyint(double(margin) / 2));
      };
      const std::size_t top = offset(37 - height);
      const std::size_t left = offset(50 - width);
      const Picture crop = decoded(part, png_of(source));
      for (std::size_t y = 0; y < height; ++y)
        for (std::size_t x = 0; x < width; ++x)
          for (std::size_t c = 0; c < 3; ++c)
            REQUIRE(crop.at(y, x, c) == all.at(top + y, left + x, c));
    }
  }
}

TEST_CASE("odd margins are halved to the even side") {
  // A column for each level, so that a pixel tells where it was.
  const Picture ramp(4, 40, 1,
                     [](auto, std::size_t x, auto) { return double(x); });
  for (const auto& [width, left] :
       {std::pair{39, 0}, {37, 2}, {35, 2}, {33, 4}, {38, 1}, {36, 2}}) {
    CAPTURE(width);
    const ImageDecoder decoder(
        {.height = 4, .width = std::size_t(width), .channels = 1, .resize = 4});
    CHECK(decoded(decoder, png_of(ramp)).at(0, 0, 0) == left);
  }
}

TEST_CASE("without a resize the image just covers the row") {
  for (const auto& [h, w] : {std::pair{50, 80}, {80, 50}, {9, 9}, {12, 7}}) {
    CAPTURE(h, w);
    const Picture source = noise(std::size_t(h), std::size_t(w));
    const ImageDecoder cover({.height = 12, .width = 30});
    // 30 columns and at least 12 rows, or 12 rows and at least 30 columns.
    const bool by_width = 30 * h >= 12 * w;
    const std::size_t rh = by_width ? std::size_t(30 * h / w) : 12;
    const std::size_t rw = by_width ? 30 : std::size_t(12 * w / h);
    const auto exact = resized_exactly(source, rh, rw);
    const auto offset = [](std::size_t margin) {
      return static_cast<std::size_t>(std::nearbyint(double(margin) / 2));
    };
    const Picture shown = decoded(cover, png_of(source));
    double worst = 0;
    for (std::size_t y = 0; y < 12; ++y) {
      for (std::size_t x = 0; x < 30; ++x) {
        const std::size_t at =
            ((y + offset(rh - 12)) * rw + x + offset(rw - 30)) * 3;
        for (std::size_t c = 0; c < 3; ++c)
          worst = std::max(worst, std::abs(exact[at + c] - shown.at(y, x, c)));
      }
    }
    CHECK(worst <= 1.0 + 1e-4);
  }
}

TEST_CASE("a crop larger than the image is padded with zeros") {
  const Picture source(10, 21, 3, [](auto...) { return 200; });
  const ImageDecoder decoder({.height = 15, .width = 16, .resize = 10});
  const Picture shown = decoded(decoder, png_of(source));
  for (std::size_t y = 0; y < 15; ++y) {
    const int expected = y >= 2 && y < 12 ? 200 : 0;  // (15 - 10) / 2 above
    CAPTURE(y);
    CHECK(shown.at(y, 0, 0) == expected);
    CHECK(shown.at(y, 15, 2) == expected);
  }
  const ImageDecoder around(
      {.height = 13, .width = 40, .channels = 1, .resize = 10});
  const Picture padded = decoded(around, png_of(source));
  CHECK(padded.at(5, 8, 0) == 0);  // (40 - 21) / 2 = 9 on the left
  CHECK(padded.at(5, 9, 0) == 200);
  CHECK(padded.at(5, 29, 0) == 200);
  CHECK(padded.at(5, 30, 0) == 0);
}

TEST_CASE(
    "all eight EXIF orientations are turned upright, in either byte order") {
  for (const std::size_t channels : {1, 3}) {
    const Picture stored = smooth(16, 24, channels);
    const Bytes plain = jpeg_of(stored, 95);
    const ImageDecoder flat({.height = 16, .width = 24, .channels = channels});
    const Picture pixels = decoded(flat, plain);
    for (int orientation = 1; orientation <= 8; ++orientation) {
      for (const bool little : {false, true}) {
        CAPTURE(channels, orientation, little);
        const Bytes turned = jpeg_with_exif(
            plain, exif_block(std::uint32_t(orientation), little));
        const Picture expected = upright(pixels, orientation);
        const ImageDecoder decoder({.height = expected.height,
                                    .width = expected.width,
                                    .channels = channels});
        CHECK(decoded(decoder, turned) == expected);
      }
    }
  }
}

TEST_CASE("a PNG's eXIf chunk is obeyed too") {
  const Picture stored = noise(7, 12);
  for (int orientation = 1; orientation <= 8; ++orientation) {
    CAPTURE(orientation);
    const Bytes turned = png_with_chunk(
        png_of(stored), "eXIf", exif_block(std::uint32_t(orientation), true));
    const Picture expected = upright(stored, orientation);
    const ImageDecoder decoder(
        {.height = expected.height, .width = expected.width});
    CHECK(decoded(decoder, turned) == expected);
  }
}

TEST_CASE("one channel is Pillow's luma, and the channel order can be turned") {
  Picture source(1, 3, 3);
  source.values = {255, 0, 0, 10, 20, 30, 1, 0, 255};
  const ImageDecoder grey({.height = 1, .width = 3, .channels = 1});
  CHECK(decoded(grey, png_of(source)).values ==
        std::vector<std::uint8_t>{76, 18, 29});
  const ImageDecoder bgr(
      {.height = 1, .width = 3, .channel_order = ChannelOrder::bgr});
  CHECK(decoded(bgr, png_of(source)).values ==
        std::vector<std::uint8_t>{0, 0, 255, 30, 20, 10, 255, 0, 1});
}

TEST_CASE("alpha is laid over the background before resizing") {
  Picture source(1, 4, 4);
  source.values = {10, 20, 30, 255, 10, 20, 30, 0, 10, 20, 30, 128, 9, 9, 9, 1};
  const ImageDecoder white({.height = 1, .width = 4});
  CHECK(decoded(white, png_of(source)).values ==
        std::vector<std::uint8_t>{10, 20, 30, 255, 255, 255,  //
                                  132, 137, 142, 254, 254, 254});
  const ImageDecoder red({.height = 1, .width = 4, .background = {200, 0, 0}});
  CHECK(decoded(red, png_of(source)).values ==
        std::vector<std::uint8_t>{10, 20, 30, 200, 0, 0,  //
                                  105, 10, 15, 199, 0, 0});

  Picture grey(1, 2, 2);
  grey.values = {100, 255, 100, 0};
  const ImageDecoder two({.height = 1, .width = 2});
  CHECK(decoded(two, png_of(grey)).values ==
        std::vector<std::uint8_t>{100, 100, 100, 255, 255, 255});
  // Half of a transparent black and an opaque white pixel is white.
  Picture edge(1, 2, 4);
  edge.values = {0, 0, 0, 0, 255, 255, 255, 255};
  const ImageDecoder one({.height = 1, .width = 1, .resize = 1});
  CHECK(decoded(one, png_of(edge)).values ==
        std::vector<std::uint8_t>{255, 255, 255});
}

TEST_CASE("fast_scale changes large JPEGs a little, and nothing else") {
  const ImageDecoder full({.height = 32, .width = 32, .resize = 36});
  const ImageDecoder fast(
      {.height = 32, .width = 32, .resize = 36, .fast_scale = true});
  // Texture that a reduced decode keeps otherwise than a filter does.
  Picture large = smooth(300, 400);
  const Picture grain = noise(300, 400);
  for (std::size_t i = 0; i < large.values.size(); ++i)
    large.values[i] = std::uint8_t(large.values[i] + grain.values[i] / 16);
  const Bytes jpeg = jpeg_of(large);
  const Picture a = decoded(full, jpeg);
  const Picture b = decoded(fast, jpeg);
  CHECK(a != b);
  CHECK(distance(a, b) <= 8);
  // Half of 70 is less than 36.
  CHECK(decoded(full, jpeg_of(smooth(70, 80))) ==
        decoded(fast, jpeg_of(smooth(70, 80))));
  CHECK(decoded(full, png_of(large)) == decoded(fast, png_of(large)));
  // Upright sizes count: both sides stay at least what is asked for.
  const Bytes turned = jpeg_with_exif(jpeg, exif_block(6, false));
  CHECK(distance(decoded(full, turned), decoded(fast, turned)) <= 8);
}

TEST_CASE("what a thread decoded before does not matter") {
  const ImageDecoder decoder({.height = 24, .width = 24, .resize = 30});
  std::vector<Bytes> images;
  std::vector<Picture> alone;
  for (const std::size_t side : {200, 8, 31, 64, 150, 24}) {
    for (const std::size_t channels : {1, 3}) {
      images.push_back(jpeg_of(noise(side, side + 3, channels)));
      images.push_back(png_of(noise(side, side + 3, channels + 1)));
    }
  }
  for (const Bytes& image : images) {
    std::thread([&] { alone.push_back(decoded(decoder, image)); }).join();
  }
  std::vector<int> wrong(4, 0);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = 0; i < 3 * images.size(); ++i) {
        const std::size_t k = (i * (t + 1) + t) % images.size();
        if (decoded(decoder, images[k]) != alone[k]) ++wrong[t];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == std::vector<int>(4, 0));
}

TEST_CASE("options out of range are named with their value") {
  const auto made = [](ImageDecoderOptions options) {
    return [options] {
      ImageDecoder decoder(options);
    };
  };
  CHECK(error_id(made({})) == "");
  CHECK(error_id(made({.channels = 1})) == "");
  CHECK(error_message(made({.height = 0})) ==
        "ImageDecoderOptions::height is 0, which is not in 1 ... 65500");
  CHECK(error_message(made({.width = 70'000})) ==
        "ImageDecoderOptions::width is 70000, which is not in 1 ... 65500");
  CHECK(error_message(made({.resize = 65'501})) ==
        "ImageDecoderOptions::resize is 65501, which is not in 0 ... 65500");
  CHECK(error_message(made({.channels = 2})) ==
        "ImageDecoderOptions::channels is 2, which is neither 1 nor 3");
  CHECK(error_id(made({.max_side = 0})) == "decode.option");
  CHECK(error_id(made({.max_pixels = 0})) == "decode.option");
  CHECK(error_id(made({.max_memory = 0})) == "decode.option");
}

TEST_CASE("a row of another size is a broken promise") {
  const ImageDecoder decoder({.height = 4, .width = 4});
  std::vector<std::byte> row(47);
  CHECK(error_id([&] {
          static_cast<void>(decoder.decode(png_of(noise(4, 4)), row));
        }) == "contract.violated");
}

}  // namespace
}  // namespace quarry
