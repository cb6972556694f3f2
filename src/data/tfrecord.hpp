#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "quarry/core/bytes.hpp"
#include "quarry/core/result.hpp"

namespace quarry::detail {

// TFRecord: a file of records, each
//
//     length   8 bytes, little endian
//     checksum of those 8, masked, 4 bytes
//     data     `length` bytes
//     checksum of the data, masked, 4 bytes
//
// The checksum is CRC-32C; masked, it can be part of what is summed again.

inline constexpr std::size_t tfrecord_header_bytes = 12;
inline constexpr std::size_t tfrecord_footer_bytes = 4;
inline constexpr std::size_t tfrecord_frame_bytes =
    tfrecord_header_bytes + tfrecord_footer_bytes;

using TfRecordHeader = std::array<std::byte, tfrecord_header_bytes>;
using TfRecordFooter = std::array<std::byte, tfrecord_footer_bytes>;

/// What stands before `length` bytes of data, and after the data.
TfRecordHeader tfrecord_header(std::uint64_t length) noexcept;
TfRecordFooter tfrecord_footer(std::span<const std::byte> data) noexcept;

/// The length that a header states, of which its own checksum says that it can
/// be trusted; nothing where it does not fit. Expects 12 bytes.
std::optional<std::uint64_t> tfrecord_length(
    std::span<const std::byte> header) noexcept;

/// Whether `data_and_footer` is data followed by its checksum.
bool is_tfrecord_data(std::span<const std::byte> data_and_footer) noexcept;

/// The records of a file in memory, one after the other.
class TfRecordReader {
 public:
  explicit TfRecordReader(Bytes file) : file_(std::move(file)) {}

  /// The data of the next record, without a copy; nothing at the end.
  ///
  /// Failures: `tfrecord.corrupt` for data whose checksum does not fit, after
  /// which the next record follows, and for a length whose checksum does not
  /// fit; `tfrecord.truncated` where the file ends inside a record. After the
  /// latter two there is no way to find the next record, and the end follows.
  std::optional<Result<Bytes>> next();

  /// Where the next record begins.
  std::uint64_t position() const noexcept { return position_; }

 private:
  Failure give_up(Failure failure);

  Bytes file_;
  std::size_t position_ = 0;
};

/// `tfrecord.corrupt` and `tfrecord.truncated`, for messages that agree. `rest`
/// is how many bytes of the file cannot be read for it.
Failure bad_tfrecord_length(std::uint64_t offset, std::uint64_t rest);
Failure bad_tfrecord_data(std::uint64_t offset, std::uint64_t length);
Failure truncated_tfrecord(std::uint64_t offset, std::uint64_t rest);

}  // namespace quarry::detail
