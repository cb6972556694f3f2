// Input that is no image, or wants to be a problem.

#include <string>
#include <string_view>
#include <vector>

#include "quarry/decode/image_decoder.hpp"
#include "quarry/decode/image_info.hpp"
#include "quarry/testing/check_decoder.hpp"

#include "catch.hpp"
#include "images.hpp"
#include "jpeg_writer.hpp"

namespace quarry {
namespace {

using namespace test;
using namespace std::string_literals;

const ImageDecoder decoder({.height = 16, .width = 16, .resize = 16});

Failure failure_of(const AnyDecoder& with, const Bytes& bytes) {
  std::vector<std::byte> row(with.spec().bytes());
  const auto done = with.decode(bytes, row);
  REQUIRE_FALSE(done.ok());
  return done.error();
}

/// A JPEG whose frame header says something else.
Bytes with_frame(Bytes jpeg, std::size_t offset, const std::string& value) {
  std::string text(jpeg.text());
  const std::size_t frame = text.find("\xff\xc0"s);
  REQUIRE(frame != std::string::npos);
  return Bytes::take(text.replace(frame + offset, value.size(), value));
}

/// A PNG whose header says something else, with a right checksum.
Bytes with_header(Bytes png, std::size_t offset, const std::string& value) {
  std::string text(png.text());
  text.replace(16 + offset, value.size(), value);
  return Bytes::take(
      text.replace(29, 4, number(crc32_of(text.substr(12, 17)), 4)));
}

TEST_CASE("what is no image is called what it looks like") {
  CHECK(failure_of(decoder, Bytes()).id == "decode.empty");
  const std::vector<std::pair<std::string, std::string>> kinds = {
      {"GIF89a\x01\x00\x01\x00"s, "a GIF image"},
      {"RIFF\x10\x00\x00\x00WEBPVP8 "s, "a WebP image"},
      {"RIFF\x10\x00\x00\x00WAVEfmt "s, "a RIFF file"},
      {"BM\x10\x20\x00\x00"s, "a BMP image"},
      {"II*\x00\x08\x00\x00\x00"s, "a TIFF image"},
      {"\x00\x00\x00\x20"s + "ftypavif"s, "an AVIF image"},
      {"\x00\x00\x00\x20"s + "ftypheic"s, "a HEIC image"},
      {"\x00\x00\x00\x20"s + "ftypisom"s, "an MP4 video"},
      {"\xff\x0a\x00\x00"s, "a JPEG XL image"},
      {"%PDF-1.7\n"s, "a PDF document"},
      {"\x93NUMPY\x01\x00"s, "a NumPy array"},
      {"\x1f\x8b\x08\x00"s, "a gzip archive"},
      {"PK\x03\x04\x14\x00"s, "a ZIP archive"},
      {"\n <!DOCTYPE HTML><title>404</title>"s, "an HTML page"},
      {"<?xml version='1.0'?>"s, "an XML document"},
      {"<svg xmlns='x'>"s, "an SVG drawing"},
      {"version https://git-lfs.github.com/spec/v1\n"s, "a Git LFS pointer"},
      {"hello\n"s, "text"},
      {"\x01\x02\xfe\xff\x00"s, "binary data beginning with 01 02 fe ff"},
      {"\x00"s, "binary data beginning with 00"},
  };
  for (const auto& [bytes, name] : kinds) {
    const Failure failure = failure_of(decoder, Bytes::copy(bytes));
    CHECK(failure.id == "decode.format");
    CHECK(failure.message.find(name) != std::string::npos);
    CHECK(failure.blame == Blame::sample);
  }
}

TEST_CASE("no part of an image is an image") {
  const Picture picture = noise(19, 17);
  JpegKind progressive;
  progressive.progressive = true;
  for (const Bytes& whole :
       {jpeg_of(picture), write_jpeg(picture, progressive), png_of(picture)}) {
    REQUIRE(failure_id(decoder, whole) == "");
    // The checksum of a PNG's last chunk, which is empty, holds no pixel.
    const std::size_t needed =
        whole.size() - (whole.text()[0] == '\xff' ? 0 : 4);
    for (std::size_t size = 1; size < needed; ++size) {
      const Bytes part = whole.slice(0, size);
      const std::string id = failure_id(decoder, part);
      CAPTURE(size, whole.size(), id);
      REQUIRE((id == "decode.truncated" || id == "decode.corrupt" ||
               (id == "decode.format" && size < 8)));
    }
    const std::string id =
        failure_id(decoder, whole.slice(0, whole.size() - 30));
    CHECK(id == "decode.truncated");
  }
}

TEST_CASE("what follows the end of an image is not looked at") {
  for (const Bytes& whole : {jpeg_of(noise(16, 16)), png_of(noise(16, 16))}) {
    const Bytes more = inserted(whole, whole.size(), "\0\0and more\xff\xd8"s);
    CHECK(decoded(decoder, more) == decoded(decoder, whole));
  }
}

TEST_CASE("a header of 60,000 x 60,000 pixels is refused by what it says") {
  const std::string side_2 = number(60'000, 2);
  const std::string side_4 = number(60'000, 4);
  const Bytes jpeg = with_frame(jpeg_of(noise(16, 16)), 5, side_2 + side_2);
  const Bytes png = with_header(png_of(noise(16, 16)), 0, side_4 + side_4);
  for (const Bytes& bytes : {jpeg, png}) {
    const Failure failure = failure_of(decoder, bytes);
    CHECK(failure.id == "decode.too_large");
    CHECK(failure.message ==
          "the image has 60000 x 60000 pixels; max_pixels is 178956970");
    CHECK(probe_image(bytes).value().width == 60'000);
  }
  const Bytes longest = with_header(png_of(noise(16, 16)), 0,
                                    number(0x7fffffff, 4) + number(1, 4));
  CHECK(failure_of(decoder, longest).message ==
        "the image has 2147483647 x 1 pixels; max_side is 65500");
}

TEST_CASE("limits hold at their value and not beyond it") {
  const Bytes jpeg = jpeg_of(noise(20, 30));
  const Bytes png = png_of(noise(20, 30));
  for (const Bytes& bytes : {jpeg, png}) {
    CHECK(failure_id(ImageDecoder({.max_side = 30}), bytes) == "");
    CHECK(failure_id(ImageDecoder({.max_side = 29}), bytes) ==
          "decode.too_large");
    CHECK(failure_id(ImageDecoder({.max_pixels = 600}), bytes) == "");
    CHECK(failure_id(ImageDecoder({.max_pixels = 599}), bytes) ==
          "decode.too_large");
    CHECK(failure_id(ImageDecoder({.max_memory = 1800}), bytes) ==
          "decode.too_large");
  }
  CHECK(failure_id(ImageDecoder({.max_memory = 1801}), png) == "");
}

TEST_CASE("a progressive JPEG's coefficients count as memory") {
  JpegKind options;
  options.progressive = true;
  const Bytes progressive = write_jpeg(smooth(512, 512), options);
  const Bytes baseline = jpeg_of(smooth(512, 512));
  // The image takes 786,432 bytes, its coefficients as many again or more.
  const ImageDecoder tight({.height = 16, .width = 16, .max_memory = 1 << 20});
  CHECK(failure_id(tight, baseline) == "");
  CHECK(failure_id(tight, progressive) == "decode.too_large");
  CHECK(failure_id(decoder, progressive) == "");
}

TEST_CASE("a JPEG with hundreds of scans is refused") {
  JpegKind options;
  options.scans = 90;
  CHECK(failure_id(decoder, write_jpeg(smooth(64, 64), options)) == "");
  options.scans = 300;
  const Failure failure =
      failure_of(decoder, write_jpeg(smooth(64, 64), options));
  CHECK(failure.id == "decode.corrupt");
  CHECK(failure.message.find("100 scans") != std::string::npos);
}

TEST_CASE("arithmetic coding and every sampling give the same pixels") {
  const Picture picture = noise(33, 47);
  const ImageDecoder same({.height = 33, .width = 47});
  JpegKind huffman;
  JpegKind arithmetic;
  arithmetic.arithmetic = true;
  JpegKind restarts;
  restarts.restart_interval = 2;
  CHECK(decoded(same, write_jpeg(picture, arithmetic)) ==
        decoded(same, write_jpeg(picture, huffman)));
  CHECK(decoded(same, write_jpeg(picture, restarts)) ==
        decoded(same, write_jpeg(picture, huffman)));
  arithmetic.progressive = huffman.progressive = true;
  CHECK(decoded(same, write_jpeg(picture, arithmetic)) ==
        decoded(same, write_jpeg(picture, huffman)));
}

TEST_CASE("damaged JPEG data is a failure, not grey pixels") {
  JpegKind options;
  options.restart_interval = 1;
  const Bytes whole = write_jpeg(noise(48, 48), options);
  const std::string text(whole.text());
  const std::size_t restart = text.find("\xff\xd2"s);
  REQUIRE(restart != std::string::npos);
  std::string swapped = text;
  swapped[restart + 1] = '\xd5';
  CHECK(failure_id(decoder, Bytes::take(swapped)) == "decode.corrupt");
  // Data that ends too early, behind which there is an end marker.
  CHECK(failure_id(decoder, Bytes::take(text.substr(0, text.size() / 2) +
                                        "\xff\xd9")) == "decode.corrupt");
  // Data left over.
  CHECK(failure_id(decoder, inserted(whole, whole.size() - 2, "garbage")) ==
        "decode.corrupt");
  // No tables, no frame, no scan.
  CHECK(failure_id(decoder, Bytes::copy("\xff\xd8\xff\xd9"s)) ==
        "decode.corrupt");
  std::string no_tables = text;
  for (std::size_t at; (at = no_tables.find("\xff\xdb"s)) != std::string::npos;)
    no_tables[at + 1] = '\xec';
  CHECK(failure_id(decoder, Bytes::take(no_tables)) == "decode.corrupt");
}

TEST_CASE("JPEGs of kinds that are not read are named so") {
  const Bytes jpeg = jpeg_of(noise(16, 16));
  CHECK(failure_id(decoder, with_frame(jpeg, 4, "\x0c")) ==
        "decode.unsupported");  // 12 bits
  CHECK(failure_id(decoder, with_frame(jpeg, 1, "\xc3")) ==
        "decode.unsupported");  // lossless
  CHECK(failure_id(decoder, with_frame(jpeg, 5, "\0\0"s)) ==
        "decode.unsupported");  // height in a later marker
  CHECK(failure_id(decoder, with_frame(jpeg, 9, "\x02")) ==
        "decode.unsupported");  // two components
}

TEST_CASE("EXIF that lies is ignored") {
  const Bytes jpeg = jpeg_of(noise(16, 16));
  const Picture plain = decoded(decoder, jpeg);
  const std::string good = exif_block(6, false);
  REQUIRE(decoded(decoder, jpeg_with_exif(jpeg, good)) != plain);
  std::vector<std::string> blocks = {
      "",
      "MM",
      "MM\0*"s,
      "XX\0*\0\0\0\x08"s + good.substr(8),
      "MM\0+\0\0\0\x08"s + good.substr(8),
      "MM\0*\xff\xff\xff\xff"s + good.substr(8),  // directory far outside
      "MM\0*\0\0\0\x08\xff\xff"s,                 // 65,535 entries, none there
      exif_block(0, true),
      exif_block(9, true),
      exif_block(0xffff, false),
  };
  for (std::size_t size = 0; size < good.size() - 8; ++size)
    blocks.push_back(good.substr(0, size));
  std::string text_type = good;
  text_type[8 + 2 + 12 + 3] = 2;  // an orientation that is text
  blocks.push_back(text_type);
  for (const std::string& block : blocks) {
    CAPTURE(block.size());
    CHECK(decoded(decoder, jpeg_with_exif(jpeg, block)) == plain);
    if (block.empty()) continue;  // no PNG may have this
    CHECK(decoded(decoder, png_with_chunk(png_of(noise(16, 16)), "eXIf",
                                          block)) == noise(16, 16));
  }
  // The first block counts.
  CHECK(decoded(decoder, jpeg_with_exif(jpeg_with_exif(jpeg, good),
                                        exif_block(1, false))) == plain);
}

TEST_CASE("a PNG with a wrong checksum anywhere is a failure") {
  const Bytes plain = png_of(noise(16, 16));
  const Bytes commented = png_with_chunk(plain, "tEXt", "Comment\0hello"s);
  REQUIRE(decoded(decoder, commented) == noise(16, 16));
  std::string text(commented.text());
  text[8 + 25 + 8 + 10] ^= 1;  // in the comment
  CHECK(failure_id(decoder, Bytes::take(text)) == "decode.corrupt");
  text = plain.text();
  text[text.size() - 12 - 5] ^= 1;  // the last byte of IDAT
  CHECK(failure_id(decoder, Bytes::take(text)) == "decode.corrupt");
  text = plain.text();
  text.back() ^= 1;  // the checksum of IEND
  CHECK(failure_id(decoder, Bytes::take(text)) == "decode.corrupt");
}

TEST_CASE("a PNG that contradicts itself is a failure") {
  const Bytes png = png_of(noise(16, 16));
  CHECK(failure_id(decoder, with_header(png, 9, "\x05")) == "decode.corrupt");
  CHECK(failure_id(decoder, with_header(png, 8, "\x07")) == "decode.corrupt");
  CHECK(failure_id(decoder, with_header(png, 0, number(0, 4))) ==
        "decode.corrupt");
  CHECK(failure_id(decoder, with_header(png, 4, number(17, 4))) ==
        "decode.corrupt");  // a row that is not there
  CHECK(failure_id(decoder, png_with_chunk(png, "QRRy", "")) ==
        "decode.corrupt");  // a critical chunk that nobody knows
}

TEST_CASE("a PNG's extras may be broken or huge and are then left out") {
  const Picture plain = noise(16, 16);
  const Bytes png = png_of(plain);
  CHECK(decoded(decoder, png_with_chunk(png, "tRNS", "123")) == plain);
  CHECK(decoded(decoder, png_with_chunk(png, "tEXt",
                                        "a\0"s + std::string(9 << 20, ' '))) ==
        plain);
}

TEST_CASE("image decoders keep the laws on damaged input of every kind") {
  JpegKind progressive;
  progressive.progressive = true;
  progressive.restart_interval = 1;
  const Picture picture = noise(21, 18);
  const std::vector<Bytes> inputs = {
      jpeg_of(picture),
      jpeg_with_exif(jpeg_of(noise(18, 21, 1)), exif_block(5, true)),
      write_jpeg(picture, progressive),
      png_of(picture),
      png_with_chunk(png_of(noise(21, 18, 4)), "eXIf", exif_block(8, false)),
  };
  for (const std::size_t channels : {1, 3}) {
    const auto report =
        testing::check_decoder(ImageDecoder({.height = 13,
                                             .width = 16,
                                             .channels = channels,
                                             .resize = 15,
                                             .fast_scale = true}),
                               inputs, {.damaged = 1000, .seed = channels});
    CHECK(report.text() == "");
  }
}

}  // namespace
}  // namespace quarry
