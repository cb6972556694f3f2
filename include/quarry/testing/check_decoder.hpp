#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "quarry/core/bytes.hpp"
#include "quarry/decode/any_decoder.hpp"
#include "quarry/testing/law_report.hpp"

namespace quarry::testing {

struct CheckDecoderOptions {
  /// How many damaged versions of each input are tried: cut off, with bits
  /// flipped, with parts overwritten, removed or repeated.
  std::size_t damaged = 200;
  /// Of the damage; the same seed damages in the same way.
  std::uint64_t seed = 0;
};

/// Checks the laws of a `Decoder` (see decode/concept.hpp) on a decoder of your
/// own; an empty report means that none was seen broken. Takes any decoder;
/// `std::ref` checks one without copying it. `inputs` are good samples, at
/// least one, and small: all their damaged versions are decoded too, and random
/// bytes, and none.
///
///     spec() is constant, with at least one element
///     a good input decodes
///     nothing outside the row is written (guard bytes around it)
///     the whole row is written, and equal bytes give equal rows, also on many
///       threads at once
///     any bytes return: a row, or a failure `decode.*`; nothing raises
///
/// Of each law the first violation is told, and how many followed. Cost: about
/// 2 · `damaged` decodes an input.
LawReport check_decoder(const AnyDecoder& decoder,
                        const std::vector<Bytes>& inputs,
                        const CheckDecoderOptions& options = {});

}  // namespace quarry::testing
