#include "quarry/decode/any_decoder.hpp"

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "quarry/decode/image_decoder.hpp"
#include "quarry/decode/raw_decoder.hpp"

#include "catch.hpp"
#include "images.hpp"

namespace quarry {
namespace {

using namespace test;

/// Fills the row with a number that can be changed after it was handed over.
struct Constant {
  int value = 0;
  SampleSpec spec() const { return {.shape = {1, 2, 1}}; }
  Result<void> decode(const Bytes& bytes, std::span<std::byte> row) const {
    if (bytes.empty()) return Failure{"decode.empty", "nothing"};
    for (std::byte& byte : row) byte = static_cast<std::byte>(value);
    return {};
  }
};

struct NoSpec {
  Result<void> decode(const Bytes&, std::span<std::byte>) const { return {}; }
};
struct ChangesItself {
  SampleSpec spec() const;
  Result<void> decode(const Bytes&, std::span<std::byte>);
};
struct SaysNothing {
  SampleSpec spec() const;
  void decode(const Bytes&, std::span<std::byte>) const;
};

static_assert(Decoder<Constant>);
static_assert(Decoder<AnyDecoder>);
static_assert(!Decoder<NoSpec>);
static_assert(!Decoder<ChangesItself>);
static_assert(!Decoder<SaysNothing>);
static_assert(!std::is_constructible_v<AnyDecoder, NoSpec>);

TEST_CASE("any decoder decodes as what it holds") {
  const Picture picture = noise(4, 5);
  const AnyDecoder image = ImageDecoder({.height = 4, .width = 5});
  CHECK(image.spec() == SampleSpec{{4, 5, 3}, DType::u1});
  CHECK(decoded(image, png_of(picture)) == picture);
  CHECK(failure_id(image, Bytes::copy("no")) == "decode.format");

  const AnyDecoder raw = RawDecoder({.shape = {4, 5, 3}});
  CHECK(decoded(raw, Bytes::copy(picture.bytes())) == picture);
}

TEST_CASE("a copy holds its own decoder, a reference shares it") {
  Constant decoder{7};
  const AnyDecoder copy = decoder;
  const AnyDecoder shared = std::ref(decoder);
  const AnyDecoder again = shared;
  decoder.value = 9;
  const Bytes bytes = Bytes::copy("x");
  CHECK(decoded(copy, bytes).at(0, 0, 0) == 7);
  CHECK(decoded(shared, bytes).at(0, 0, 0) == 9);
  CHECK(decoded(again, bytes).at(0, 1, 0) == 9);
  CHECK(failure_id(shared, Bytes()) == "decode.empty");
}

TEST_CASE("whatever decides pixels is in an image decoder's fingerprint") {
  std::vector<ImageDecoderOptions> options(10);
  options[1].height = 225;
  options[2].width = 225;
  options[3].channels = 1;
  options[4].resize = 256;
  options[5].background = {255, 255, 254};
  options[6].channel_order = ChannelOrder::bgr;
  options[7].fast_scale = true;
  // These decide which images fail.
  options[8].max_pixels = 1'000'000;
  options[9].max_side = 1000;
  std::set<std::string> seen;
  for (const ImageDecoderOptions& some : options) {
    const AnyDecoder decoder = ImageDecoder(some);
    CHECK(seen.insert(decoder.fingerprint()).second);
    CHECK(decoder.fingerprint() == ImageDecoder(some).fingerprint());
  }
  const RawDecoder planar({.layout = RawLayout::planar});
  CHECK(AnyDecoder(planar).fingerprint() != RawDecoder().fingerprint());
}

TEST_CASE("the size of a sample is its extents times its element") {
  CHECK(SampleSpec{{2, 3, 4}, DType::u1}.bytes() == 24);
  CHECK(SampleSpec{{5}, DType::f4}.bytes() == 20);
  CHECK(SampleSpec{{}, DType::f8}.bytes() == 8);
}

}  // namespace
}  // namespace quarry
