#include "quarry/decode/image_info.hpp"

#include "decode/image_header.hpp"

namespace quarry {

Result<ImageInfo> probe_image(const Bytes& bytes) {
  const auto header = detail::read_header(bytes.span());
  if (!header) return header.error();
  return ImageInfo{.width = header->upright_width(),
                   .height = header->upright_height(),
                   .channels = header->channels,
                   .format = header->format,
                   .orientation = header->orientation};
}

}  // namespace quarry
