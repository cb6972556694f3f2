#include "quarry/decode/raw_decoder.hpp"

#include <string>
#include <vector>

#include "quarry/testing/check_decoder.hpp"

#include "catch.hpp"
#include "error_id.hpp"

namespace quarry {
namespace {

using namespace test;

static_assert(Decoder<RawDecoder>);

std::string decoded(const RawDecoder& decoder, const std::string& text) {
  std::string row(decoder.spec().bytes(), '?');
  decoder
      .decode(Bytes::copy(text),
              std::as_writable_bytes(std::span(row.data(), row.size())))
      .value();
  return row;
}

TEST_CASE("interleaved samples are copied") {
  const RawDecoder decoder({.shape = {2, 3}, .dtype = DType::u2});
  CHECK(decoder.spec() == SampleSpec{{2, 3}, DType::u2});
  CHECK(decoded(decoder, "abcdefghijkl") == "abcdefghijkl");
}

TEST_CASE("planes become channels") {
  const RawDecoder bytes({.shape = {2, 2, 3}, .layout = RawLayout::planar});
  CHECK(decoded(bytes, "RSTUGHIJBCDE") == "RGBSHCTIDUJE");
  const RawDecoder words(
      {.shape = {1, 2, 2}, .dtype = DType::i2, .layout = RawLayout::planar});
  CHECK(decoded(words, "aAbBcCdD") == "aAcCbBdD");
}

TEST_CASE("the default is CIFAR-10's size") {
  CHECK(RawDecoder().spec() == SampleSpec{{32, 32, 3}, DType::u1});
}

TEST_CASE("another number of bytes is a failure that tells both") {
  const RawDecoder decoder({.shape = {4}});
  std::vector<std::byte> row(4);
  for (const std::string text : {"", "abc", "abcde"}) {
    const auto done = decoder.decode(Bytes::copy(text), row);
    REQUIRE_FALSE(done.ok());
    CHECK(done.error().id == "decode.size");
    CHECK(done.error().message == "the sample has " +
                                      std::to_string(text.size()) +
                                      " bytes, where 4 are expected");
  }
}

TEST_CASE("shapes that make no row are named") {
  CHECK(error_id([] { RawDecoder decoder({.shape = {}}); }) == "decode.option");
  CHECK(error_id([] {
          RawDecoder decoder({.shape = {3, 0}});
        }) == "decode.option");
  CHECK(error_message([] {
          RawDecoder decoder({.shape = {4}, .layout = RawLayout::planar});
        }) ==
        "RawDecoderOptions::shape has 1 extents; planar needs height, width, "
        "channels");
}

TEST_CASE("raw decoders keep the laws") {
  const RawDecoder planar({.shape = {4, 5, 3}, .layout = RawLayout::planar});
  const auto report = testing::check_decoder(
      planar, {Bytes::take(std::string(60, 'x')),
               Bytes::take("0123456789" + std::string(50, 'y'))});
  CHECK(report.text() == "");
}

}  // namespace
}  // namespace quarry
