// JPEG images, headers and pixels.

#include "fuzz.hpp"
#include "image_fuzz.hpp"

using namespace quarry;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  std::string image(fuzz::text_of(data, size));
  if (!image.starts_with("\xff\xd8")) image.insert(0, "\xff\xd8");
  fuzz::check_image(Bytes::take(std::move(image)));
  return 0;
}
