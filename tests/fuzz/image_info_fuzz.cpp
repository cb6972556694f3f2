// The headers of an image, and what bytes that are none look like.

#include "fuzz.hpp"
#include "image_fuzz.hpp"

using namespace quarry;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const Bytes image = Bytes::copy(fuzz::text_of(data, size));
  const auto info = fuzz::attempt([&] { return probe_image(image); });
  if (info) {
    fuzz::check_info(*info);
    return 0;
  }
  const Failure why = probe_image(image).error();
  const ImageDecoder decoder(fuzz::small({.height = 4, .width = 4}));
  std::vector<std::byte> row(decoder.spec().bytes());
  const auto done = decoder.decode(image, row);
  fuzz::check(!done.ok() && done.error().message == why.message,
              "what has no headers does not fail alike when decoded");
  return 0;
}
