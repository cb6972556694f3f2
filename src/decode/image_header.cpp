#include "decode/image_header.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include "decode/exif.hpp"

namespace quarry::detail {
namespace {

using Span = std::span<const std::byte>;

constexpr std::string_view png_signature{"\x89PNG\r\n\x1a\n", 8};
constexpr std::string_view exif_prefix{"Exif\0\0", 6};

bool starts_with(Span bytes, std::string_view prefix) {
  return bytes.size() >= prefix.size() &&
         std::equal(prefix.begin(), prefix.end(),
                    reinterpret_cast<const char*>(bytes.data()));
}

/// A big-endian number of `width` bytes; the caller has checked that they
/// exist.
std::uint32_t big(Span bytes, std::size_t offset, std::size_t width) {
  std::uint32_t value = 0;
  for (const std::byte byte : bytes.subspan(offset, width))
    value = value << 8 | std::to_integer<std::uint32_t>(byte);
  return value;
}

Failure truncated(const char* what, std::size_t size) {
  return {"decode.truncated", std::string("the ") + what + " ends after " +
                                  std::to_string(size) +
                                  " bytes, inside its headers"};
}

/// SOF markers but DHT (C4), JPG (C8) and DAC (CC), which lie between them.
bool is_frame(unsigned marker) {
  return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 &&
         marker != 0xcc;
}

Result<ImageHeader> read_jpeg_header(Span bytes) {
  ImageHeader header{.format = ImageFormat::jpeg};
  bool exif_seen = false;
  bool frame_seen = false;
  std::size_t at = 2;
  while (true) {
    if (at >= bytes.size()) return truncated("JPEG", bytes.size());
    if (bytes[at] != std::byte{0xff})
      return Failure{"decode.corrupt",
                     "the JPEG has garbage between its headers, at byte " +
                         std::to_string(at)};
    while (at < bytes.size() && bytes[at] == std::byte{0xff}) ++at;
    if (at == bytes.size()) return truncated("JPEG", bytes.size());
    const unsigned marker = big(bytes, at, 1);
    ++at;
    if (marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8)) continue;
    if (marker == 0xda) break;
    if (marker == 0xd9)
      return Failure{"decode.corrupt", "the JPEG ends without an image"};
    if (bytes.size() - at < 2) return truncated("JPEG", bytes.size());
    const std::size_t length = big(bytes, at, 2);
    if (length < 2)
      return Failure{"decode.corrupt", "a header of the JPEG has length " +
                                           std::to_string(length)};
    if (bytes.size() - at < length) return truncated("JPEG", bytes.size());
    const Span segment = bytes.subspan(at + 2, length - 2);
    at += length;
    if (marker == 0xe1 && !exif_seen && starts_with(segment, exif_prefix)) {
      exif_seen = true;
      header.orientation =
          exif_orientation(segment.subspan(exif_prefix.size()));
    } else if (is_frame(marker) && !frame_seen) {
      if (segment.size() < 6)
        return Failure{"decode.corrupt", "the JPEG's frame header is short"};
      frame_seen = true;
      header.height = big(segment, 1, 2);
      header.width = big(segment, 3, 2);
      header.channels = big(segment, 5, 1);
    }
  }
  if (!frame_seen)
    return Failure{"decode.corrupt", "the JPEG has no frame header"};
  if (header.height == 0 || header.width == 0)
    return Failure{"decode.unsupported",
                   "the JPEG's header does not state its size (" +
                       std::to_string(header.width) + " x " +
                       std::to_string(header.height) + ")"};
  return header;
}

std::optional<std::size_t> channels_of_colour_type(unsigned type) {
  switch (type) {
    case 0:
      return 1;
    case 2:
      return 3;
    case 3:
      return 3;
    case 4:
      return 2;
    case 6:
      return 4;
    default:
      return std::nullopt;
  }
}

Result<ImageHeader> read_png_header(Span bytes) {
  constexpr std::size_t frame = 12;  // of a chunk: length, name, checksum
  ImageHeader header{.format = ImageFormat::png};
  std::size_t at = png_signature.size();
  if (bytes.size() < at + frame + 13) return truncated("PNG", bytes.size());
  if (big(bytes, at, 4) != 13 || !starts_with(bytes.subspan(at + 4), "IHDR"))
    return Failure{"decode.corrupt", "the PNG does not begin with IHDR"};
  header.width = big(bytes, at + 8, 4);
  header.height = big(bytes, at + 12, 4);
  header.depth = big(bytes, at + 16, 1);
  const unsigned colour_type = big(bytes, at + 17, 1);
  const auto channels = channels_of_colour_type(colour_type);
  if (!channels || header.width == 0 || header.height == 0)
    return Failure{
        "decode.corrupt",
        "the PNG's header is broken: " + std::to_string(header.width) + " x " +
            std::to_string(header.height) + " pixels of colour type " +
            std::to_string(colour_type)};
  header.channels = *channels;
  at += frame + 13;
  bool data_seen = false;
  bool exif_seen = false;
  while (bytes.size() >= at + frame) {
    const std::size_t length = big(bytes, at, 4);
    const Span name = bytes.subspan(at + 4, 4);
    if (length > bytes.size() - at - frame) break;  // decoding will say so
    if (starts_with(name, "IEND")) break;
    if (starts_with(name, "IDAT")) data_seen = true;
    if (starts_with(name, "tRNS") && !data_seen && header.channels % 2 == 1)
      ++header.channels;
    if (starts_with(name, "eXIf") && !exif_seen) {
      Span exif = bytes.subspan(at + 8, length);
      if (starts_with(exif, exif_prefix))
        exif = exif.subspan(exif_prefix.size());
      exif_seen = true;
      header.orientation = exif_orientation(exif);
    }
    at += frame + length;
  }
  return header;
}

}  // namespace

Result<ImageHeader> read_header(Span bytes) {
  if (bytes.empty()) return Failure{"decode.empty", "the sample has no bytes"};
  if (starts_with(bytes, "\xff\xd8")) return read_jpeg_header(bytes);
  if (starts_with(bytes, png_signature)) return read_png_header(bytes);
  const bool prefix_of_png =
      bytes.size() < png_signature.size() && bytes[0] == std::byte{0x89};
  if (prefix_of_png) return truncated("PNG", bytes.size());
  return Failure{"decode.format", "neither JPEG nor PNG: it looks like " +
                                      looks_like(bytes) + " (" +
                                      std::to_string(bytes.size()) + " bytes)"};
}

}  // namespace quarry::detail
