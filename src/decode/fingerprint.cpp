#include <cstdio>  // jpeglib.h needs it
#include <jpeglib.h>
#include <spng.h>
#include <string>

#include "quarry/decode/image_decoder.hpp"

namespace quarry {

std::string ImageDecoder::fingerprint() const {
  std::string text = "image";
  const auto add = [&](std::size_t number) {
    text += ' ' + std::to_string(number);
  };
  add(options_.height);
  add(options_.width);
  add(options_.channels);
  add(options_.resize);
  for (const std::uint8_t level : options_.background) add(level);
  text += options_.channel_order == ChannelOrder::rgb ? " rgb" : " bgr";
  if (options_.fast_scale) text += " fast";
  add(options_.max_side);
  add(options_.max_pixels);
  add(options_.max_memory);
  text += "; libjpeg ";
  text += std::to_string(JPEG_LIB_VERSION);
#ifdef LIBJPEG_TURBO_VERSION_NUMBER
  text += " turbo " + std::to_string(LIBJPEG_TURBO_VERSION_NUMBER);
#endif
  return text + "; libspng " + spng_version_string() + "; resampling 1";
}

}  // namespace quarry
