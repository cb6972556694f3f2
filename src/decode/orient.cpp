#include "decode/orient.hpp"

#include <utility>

namespace quarry::detail {
namespace {

/// Copies pixels of `channels` bytes: the source starts at `from` and moves by
/// `step_x` and `step_y` bytes as the target moves by a pixel and by a row.
template <std::size_t channels>
void walk(const std::uint8_t* from, std::ptrdiff_t step_x,
          std::ptrdiff_t step_y, const Raster& to) {
  std::uint8_t* out = to.pixels;
  for (std::size_t y = 0; y < to.height; ++y) {
    const std::uint8_t* in = from + static_cast<std::ptrdiff_t>(y) * step_y;
    for (std::size_t x = 0; x < to.width; ++x) {
      for (std::size_t c = 0; c < channels; ++c) out[c] = in[c];
      out += channels;
      in += step_x;
    }
  }
}

}  // namespace

Raster orient(const Raster& stored, int orientation, std::uint8_t* pixels) {
  const bool transposed = orientation >= 5;
  // Which way a step along the upright row, or down it, leads in the stored
  // one.
  const bool from_right = orientation == 2 || orientation == 3 ||
                          orientation == 7 || orientation == 8;
  const bool from_bottom = orientation == 3 || orientation == 4 ||
                           orientation == 6 || orientation == 7;
  Raster upright{pixels, stored.width, stored.height, stored.channels};
  if (transposed) std::swap(upright.width, upright.height);

  const auto pixel = static_cast<std::ptrdiff_t>(stored.channels);
  const auto row = static_cast<std::ptrdiff_t>(stored.stride());
  const std::ptrdiff_t along = from_right ? -pixel : pixel;
  const std::ptrdiff_t down = from_bottom ? -row : row;
  const std::uint8_t* from = stored.row(from_bottom ? stored.height - 1 : 0) +
                             (from_right ? row - pixel : 0);
  const std::ptrdiff_t step_x = transposed ? down : along;
  const std::ptrdiff_t step_y = transposed ? along : down;
  if (stored.channels == 1) {
    walk<1>(from, step_x, step_y, upright);
  } else {
    walk<3>(from, step_x, step_y, upright);
  }
  return upright;
}

}  // namespace quarry::detail
