#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "quarry/core/bytes.hpp"
#include "quarry/core/dtype.hpp"
#include "quarry/core/result.hpp"
#include "quarry/decode/concept.hpp"

namespace quarry {

enum class RawLayout : std::uint8_t {
  interleaved,  ///< as the row has it: H W C
  planar,       ///< one plane a channel: C H W
};

struct RawDecoderOptions {
  /// Of the row; planar needs `{height, width, channels}`. CIFAR-10 by default.
  std::vector<std::size_t> shape = {32, 32, 3};
  DType dtype = DType::u1;
  RawLayout layout = RawLayout::interleaved;

  /// Raises `decode.option` naming field, value and constraint.
  void validate() const;
};

/// Samples that are arrays already: checks their length and puts channels last.
/// Use this as a template for your own decoder.
///
/// Failure: `decode.size`, when a sample has another number of bytes. Elements
/// are copied in the byte order they have. Time: O(bytes).
class RawDecoder {
 public:
  explicit RawDecoder(RawDecoderOptions options = {});

  SampleSpec spec() const { return {options_.shape, options_.dtype}; }
  Result<void> decode(const Bytes& bytes, std::span<std::byte> row) const;
  /// The layout; the shape is told by `spec()`.
  std::string fingerprint() const;

 private:
  RawDecoderOptions options_;
  std::size_t row_bytes_;
};

}  // namespace quarry
