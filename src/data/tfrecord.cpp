#include "data/tfrecord.hpp"

#include <string>
#include <utility>

#include "core/crc32c.hpp"
#include "core/numbers.hpp"

namespace quarry::detail {
namespace {

template <std::size_t N>
void put_little_endian(std::span<std::byte, N> to, std::uint64_t value) {
  for (std::byte& byte : to) {
    byte = static_cast<std::byte>(value & 0xFFU);
    value >>= 8;
  }
}

std::uint64_t little_endian(std::span<const std::byte> from) {
  std::uint64_t value = 0;
  for (std::size_t i = from.size(); i > 0; --i) {
    value = (value << 8) | static_cast<std::uint64_t>(from[i - 1]);
  }
  return value;
}

std::uint32_t masked_checksum(std::span<const std::byte> bytes) noexcept {
  const std::uint32_t crc = crc32c(bytes);
  return ((crc >> 15) | (crc << 17)) + 0xA282EAD8U;
}

std::string at_byte(std::uint64_t offset) {
  return "the record at byte " + grouped(offset);
}

std::string left_out(std::uint64_t rest) {
  return counted(rest, "byte") + " from there on cannot be read";
}

}  // namespace

TfRecordHeader tfrecord_header(std::uint64_t length) noexcept {
  TfRecordHeader header;
  put_little_endian(std::span(header).first<8>(), length);
  put_little_endian(std::span(header).last<4>(),
                    masked_checksum(std::span(header).first<8>()));
  return header;
}

TfRecordFooter tfrecord_footer(std::span<const std::byte> data) noexcept {
  TfRecordFooter footer;
  put_little_endian(std::span(footer), masked_checksum(data));
  return footer;
}

std::optional<std::uint64_t> tfrecord_length(
    std::span<const std::byte> header) noexcept {
  const auto length = header.first<8>();
  if (little_endian(header.subspan<8, 4>()) != masked_checksum(length)) {
    return std::nullopt;
  }
  return little_endian(length);
}

bool is_tfrecord_data(std::span<const std::byte> data_and_footer) noexcept {
  if (data_and_footer.size() < tfrecord_footer_bytes) return false;
  const auto data =
      data_and_footer.first(data_and_footer.size() - tfrecord_footer_bytes);
  return little_endian(data_and_footer.last<tfrecord_footer_bytes>()) ==
         masked_checksum(data);
}

Failure bad_tfrecord_length(std::uint64_t offset, std::uint64_t rest) {
  return {"tfrecord.corrupt",
          at_byte(offset) +
              " has a length whose checksum does not fit: " + left_out(rest),
          "is it a TFRecord file, and was it copied whole?"};
}

Failure bad_tfrecord_data(std::uint64_t offset, std::uint64_t length) {
  return {"tfrecord.corrupt", at_byte(offset) + ", of " +
                                  counted(length, "byte") +
                                  ", does not have the checksum it states"};
}

Failure truncated_tfrecord(std::uint64_t offset, std::uint64_t rest) {
  return {"tfrecord.truncated",
          "the file ends inside " + at_byte(offset) + ": " + left_out(rest),
          "was it copied whole?"};
}

std::optional<Result<Bytes>> TfRecordReader::next() {
  const std::size_t start = position_;
  const std::size_t rest = file_.size() - start;
  if (rest == 0) return std::nullopt;
  if (rest < tfrecord_header_bytes) {
    return give_up(truncated_tfrecord(start, rest));
  }
  const auto bytes = file_.span().subspan(start);
  const auto length = tfrecord_length(bytes.first<tfrecord_header_bytes>());
  if (!length) return give_up(bad_tfrecord_length(start, rest));
  if (rest < tfrecord_frame_bytes || *length > rest - tfrecord_frame_bytes) {
    return give_up(truncated_tfrecord(start, rest));
  }
  const auto size = static_cast<std::size_t>(*length);
  position_ += tfrecord_frame_bytes + size;
  if (!is_tfrecord_data(
          bytes.subspan(tfrecord_header_bytes, size + tfrecord_footer_bytes))) {
    return bad_tfrecord_data(start, size);
  }
  return file_.slice(start + tfrecord_header_bytes, size);
}

Failure TfRecordReader::give_up(Failure failure) {
  position_ = file_.size();
  return failure;
}

}  // namespace quarry::detail
