#include "quarry/decode/raw_decoder.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace quarry {

void RawDecoderOptions::validate() const {
  if (shape.empty() || std::count(shape.begin(), shape.end(), 0u) > 0) {
    raise("decode.option",
          "RawDecoderOptions::shape has no elements or an extent of 0");
  }
  if (layout == RawLayout::planar && shape.size() != 3) {
    raise("decode.option",
          "RawDecoderOptions::shape has " + std::to_string(shape.size()) +
              " extents; planar needs height, width, channels");
  }
}

RawDecoder::RawDecoder(RawDecoderOptions options)
    : options_(std::move(options)) {
  options_.validate();
  row_bytes_ = spec().bytes();
}

std::string RawDecoder::fingerprint() const {
  return options_.layout == RawLayout::planar ? "raw planar"
                                              : "raw interleaved";
}

Result<void> RawDecoder::decode(const Bytes& bytes,
                                std::span<std::byte> row) const {
  QUARRY_EXPECTS(row.size() == row_bytes_,
                 "RawDecoder::decode: the row has another size than spec()");
  if (bytes.size() != row_bytes_) {
    return Failure{"decode.size",
                   "the sample has " + std::to_string(bytes.size()) +
                       " bytes, where " + std::to_string(row_bytes_) +
                       " are expected"};
  }
  if (options_.layout == RawLayout::interleaved) {
    std::copy_n(bytes.data(), row_bytes_, row.begin());
    return {};
  }
  const std::size_t pixels = options_.shape[0] * options_.shape[1];
  const std::size_t channels = options_.shape[2];
  const std::size_t element = size_of(options_.dtype);
  for (std::size_t c = 0; c < channels; ++c) {
    for (std::size_t p = 0; p < pixels; ++p) {
      std::copy_n(bytes.data() + (c * pixels + p) * element, element,
                  row.data() + (p * channels + c) * element);
    }
  }
  return {};
}

}  // namespace quarry
