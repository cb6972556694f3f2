#include "data/unpack.hpp"

#include <algorithm>
#include <archive.h>
#include <archive_entry.h>
#include <array>
#include <memory>
#include <span>

#include "data/free_reader.hpp"
#include "data/inflate.hpp"
#include "data/spooled_file.hpp"

namespace quarry::detail {
namespace {

using namespace std::string_view_literals;

std::string error_of(archive* reader) {
  const char* text = archive_error_string(reader);
  return text == nullptr ? "it ends too early" : text;
}

/// As `inflate_zlib`, of all else.
std::optional<std::string> unpack_any(const Bytes& packed,
                                      const std::string& shown,
                                      const TakePiece& take) {
  const std::unique_ptr<archive, FreeReader> reader(archive_read_new());
  archive* const a = reader.get();
  if (a == nullptr) raise("file.read", "there is no memory to unpack " + shown);
  archive_read_support_filter_gzip(a);
  archive_read_support_filter_zstd(a);
  archive_read_support_filter_xz(a);
  archive_read_support_format_raw(a);
  archive_read_support_format_empty(a);
  archive_entry* entry = nullptr;
  int code = archive_read_open_memory(a, packed.data(), packed.size());
  if (code == ARCHIVE_OK) code = archive_read_next_header(a, &entry);
  while (code == ARCHIVE_OK || code == ARCHIVE_WARN) {
    const void* data = nullptr;
    std::size_t count = 0;
    la_int64_t offset = 0;
    code = archive_read_data_block(a, &data, &count, &offset);
    if (code == ARCHIVE_OK || code == ARCHIVE_WARN)
      take({static_cast<const std::byte*>(data), count});
  }
  if (code == ARCHIVE_EOF) return std::nullopt;
  return error_of(a);
}

}  // namespace

bool is_packed(std::string_view head) noexcept {
  constexpr std::array<std::string_view, 3> magic = {
      "\x1F\x8B\x08"sv, "\x28\xB5\x2F\xFD"sv, "\xFD\x37zXZ\0"sv};
  return std::any_of(magic.begin(), magic.end(), [&](std::string_view begin) {
    return head.starts_with(begin);
  });
}

Unpacked unpack_shard(const Bytes& packed, std::uint64_t most,
                      const std::string& shown) {
  SpooledFile spool;
  const auto take = [&](std::span<const std::byte> bytes) {
    if (bytes.size() > most - spool.size()) {
      raise("net.too_large",
            shown + ": unpacked it has more than the " + std::to_string(most) +
                " bytes allowed",
            "raise max_bytes if it should be");
    }
    spool.write(bytes);
  };
  const std::optional<std::string> wrong =
      is_zlib(packed.text()) ? inflate_zlib(packed, take)
                             : unpack_any(packed, shown, take);
  Unpacked unpacked;
  if (wrong) {
    unpacked.damage =
        Failure{"shard.corrupt",
                shown + " cannot be unpacked after " +
                    std::to_string(spool.size()) + " bytes: " + *wrong,
                "fetch or make the shard again"};
  }
  if (spool.size() > 0) unpacked.bytes = spool.map();
  return unpacked;
}

}  // namespace quarry::detail
