#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <vector>

#include "quarry/core/bytes.hpp"
#include "quarry/core/dtype.hpp"
#include "quarry/core/result.hpp"

namespace quarry {

/// The shape and dtype of one decoded sample: an image is `{height, width,
/// channels}` of `u1`.
struct SampleSpec {
  std::vector<std::size_t> shape;
  DType dtype = DType::u1;

  /// Bytes of one sample: the product of the extents times the element's size.
  std::size_t bytes() const noexcept {
    std::size_t count = size_of(dtype);
    for (const std::size_t extent : shape) count *= extent;
    return count;
  }
  friend bool operator==(const SampleSpec&, const SampleSpec&) = default;
};

/// A `Decoder` turns the bytes of a sample into one row of a slab.
///
/// Expressions, for `const D& d`, `const Bytes& bytes` and `row`, a
/// `std::span<std::byte>` of `d.spec().bytes()` bytes:
///
///     d.spec()             → SampleSpec, constant for the life of `d`
///     d.decode(bytes, row) → Result<void>; on success the whole row is written
///
/// Optional hook:
///
///     d.fingerprint()      → a string that differs when equal bytes may give
///                            other rows: options, codec, version. Without it
///                            no predictions are kept between runs.
///
/// Laws, checked by `testing::check_decoder`:
///
///     nothing outside `row` is written, ever
///     equal bytes give equal rows
///     any input whatsoever returns: a row, or a Failure `decode.*`
///
/// Pixels travel as u1 and are resampled once, here; scaling and normalisation
/// belong to the model, on the device. Cost: one decode. Threads: `decode` is
/// called from many threads at once. The shortest complete model is in
/// examples/extend/my_decoder.cpp. Shipped: `RawDecoder` (the template to
/// copy), `ImageDecoder`; `AnyDecoder`.
template <class D>
concept Decoder = std::copy_constructible<D> &&
    requires(const D& d, const Bytes& bytes, std::span<std::byte> row) {
  { d.spec() } -> std::convertible_to<SampleSpec>;
  { d.decode(bytes, row) } -> std::same_as<Result<void>>;
};

}  // namespace quarry
