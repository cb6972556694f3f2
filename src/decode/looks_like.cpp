#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "quarry/core/detail/text.hpp"

#include "decode/image_header.hpp"

namespace quarry::detail {
namespace {

using namespace std::string_view_literals;

struct Signature {
  std::size_t offset;
  std::string_view magic;
  std::string_view name;
};

constexpr std::array signatures{
    Signature{0, "GIF8"sv, "a GIF image"},
    Signature{8, "WEBP"sv, "a WebP image"},
    Signature{0, "BM"sv, "a BMP image"},
    Signature{0, "II*\0"sv, "a TIFF image"},
    Signature{0, "MM\0*"sv, "a TIFF image"},
    Signature{4, "ftypavif"sv, "an AVIF image"},
    Signature{4, "ftyphei"sv, "a HEIC image"},
    Signature{4, "ftypmif1"sv, "a HEIF image"},
    Signature{4, "ftyp"sv, "an MP4 video"},
    Signature{0, "\xff\x0a"sv, "a JPEG XL image"},
    Signature{4, "JXL "sv, "a JPEG XL image"},
    Signature{4, "jP  "sv, "a JPEG 2000 image"},
    Signature{0, "\xff\x4f\xff\x51"sv, "a JPEG 2000 image"},
    Signature{0, "8BPS"sv, "a Photoshop document"},
    Signature{0, "%PDF"sv, "a PDF document"},
    Signature{0, "\x93NUMPY"sv, "a NumPy array"},
    Signature{0, "PK\x03\x04"sv, "a ZIP archive"},
    Signature{0, "\x1f\x8b"sv, "a gzip archive"},
    Signature{0, "RIFF"sv, "a RIFF file"},
};

bool has_prefix(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() &&
         std::equal(prefix.begin(), prefix.end(), text.begin(),
                    [](char a, char b) { return a == lower_case(b); });
}

/// The kind of text, or "" when it is none.
std::string_view kind_of_text(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  const std::string_view start = text.substr(0, 256);
  const bool printable = std::all_of(start.begin(), start.end(), [](char c) {
    return c == '\n' || c == '\r' || c == '\t' || c == '\f' ||
           (c >= ' ' && c != '\x7f') || static_cast<unsigned char>(c) >= 0x80;
  });
  if (!printable) return "";
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  if (has_prefix(text, "<!doctype html") || has_prefix(text, "<html"))
    return "an HTML page";
  if (has_prefix(text, "<svg")) return "an SVG drawing";
  if (has_prefix(text, "<?xml")) return "an XML document";
  if (has_prefix(text, "version https://git-lfs"))
    return "a Git LFS pointer whose file was not fetched";
  return "text";
}

}  // namespace

std::string looks_like(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()),
                              bytes.size());
  for (const Signature& signature : signatures) {
    if (text.size() >= signature.offset &&
        text.substr(signature.offset).starts_with(signature.magic)) {
      return std::string(signature.name);
    }
  }
  if (const auto kind = kind_of_text(text); !kind.empty())
    return std::string(kind);
  static constexpr char digits[] = "0123456789abcdef";
  std::string unknown = "binary data beginning with";
  for (const std::byte byte :
       bytes.first(std::min<std::size_t>(4, bytes.size()))) {
    const auto value = std::to_integer<unsigned>(byte);
    unknown += {' ', digits[value >> 4], digits[value & 15]};
  }
  return unknown;
}

}  // namespace quarry::detail
