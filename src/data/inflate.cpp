#include "data/inflate.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

// So that what is read may be const.
#define ZLIB_CONST
#include <zlib.h>

namespace quarry::detail {
namespace {

constexpr std::size_t piece_bytes = std::size_t{1} << 18;
/// zlib counts in 32 bits.
constexpr std::size_t most_at_once = std::size_t{1} << 30;

class Inflater {
 public:
  Inflater() : ready_(inflateInit(&stream_) == Z_OK) {}
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  bool ready() const { return ready_; }
  z_stream& stream() { return stream_; }

 private:
  z_stream stream_{};
  bool ready_;
};

}  // namespace

bool is_zlib(std::string_view head) noexcept {
  if (head.size() < 2 || head[0] != '\x78') return false;
  const unsigned flags = static_cast<unsigned char>(head[1]);
  constexpr unsigned dictionary = 0x20;
  return (0x7800 + flags) % 31 == 0 && (flags & dictionary) == 0;
}

std::optional<std::string> inflate_zlib(const Bytes& packed,
                                        const TakePiece& take) {
  Inflater inflater;
  if (!inflater.ready()) return zError(Z_MEM_ERROR);
  z_stream& stream = inflater.stream();
  std::span<const std::byte> rest = packed.span();
  std::vector<std::byte> piece(piece_bytes);
  for (;;) {
    if (stream.avail_in == 0) {
      const std::size_t count = std::min(rest.size(), most_at_once);
      stream.next_in = reinterpret_cast<const Bytef*>(rest.data());
      stream.avail_in = static_cast<uInt>(count);
      rest = rest.subspan(count);
    }
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = static_cast<uInt>(piece.size());
    const int code = inflate(&stream, Z_NO_FLUSH);
    take(std::span(piece).first(piece.size() - stream.avail_out));
    if (code == Z_STREAM_END) {
      if (stream.avail_in == 0 && rest.empty()) return std::nullopt;
      inflateReset(&stream);
    } else if (code == Z_BUF_ERROR) {
      return "it ends too early";
    } else if (code != Z_OK) {
      return stream.msg != nullptr ? stream.msg : zError(code);
    }
  }
}

}  // namespace quarry::detail
