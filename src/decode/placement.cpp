#include "decode/placement.hpp"

namespace quarry::detail {
namespace {

Axis crop(std::size_t source, std::size_t resized, std::size_t wanted) {
  Axis axis{.source = source, .resized = resized};
  if (wanted >= resized) {
    axis.count = resized;
    axis.pad = (wanted - resized) / 2;
  } else {
    axis.count = wanted;
    const std::size_t margin = resized - wanted;
    axis.first = margin / 2;
    // Python's round() takes halves to the even neighbour.
    if (margin % 2 == 1 && axis.first % 2 == 1) ++axis.first;
  }
  return axis;
}

}  // namespace

Placement place(std::size_t source_width, std::size_t source_height,
                std::size_t resize, std::size_t width, std::size_t height) {
  std::size_t resized_width = 0;
  std::size_t resized_height = 0;
  if (resize == 0) {
    if (width * source_height >= height * source_width) {
      resized_width = width;
      resized_height = width * source_height / source_width;
    } else {
      resized_width = height * source_width / source_height;
      resized_height = height;
    }
  } else if (source_width <= source_height) {
    resized_width = resize;
    resized_height = resize * source_height / source_width;
  } else {
    resized_width = resize * source_width / source_height;
    resized_height = resize;
  }
  return {crop(source_width, resized_width, width),
          crop(source_height, resized_height, height)};
}

}  // namespace quarry::detail
