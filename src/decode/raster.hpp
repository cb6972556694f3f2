#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace quarry::detail {

/// Bytes without initial values that grow and are used again.
class Buffer {
 public:
  /// Room for `size` bytes and for the few more that vector loads may touch.
  /// What was there before is lost.
  std::uint8_t* fit(std::size_t size) {
    if (size + slack > capacity_) {
      bytes_.reset();
      bytes_ = std::make_unique_for_overwrite<std::uint8_t[]>(size + slack);
      capacity_ = size + slack;
    }
    return bytes_.get();
  }
  std::size_t capacity() const noexcept { return capacity_; }

  static constexpr std::size_t slack = 16;

 private:
  std::unique_ptr<std::uint8_t[]> bytes_;
  std::size_t capacity_ = 0;
};

/// An image in a `Buffer`: packed rows of 1 or 3 channels.
struct Raster {
  std::uint8_t* pixels = nullptr;
  std::size_t width = 0;
  std::size_t height = 0;
  std::size_t channels = 0;

  std::size_t stride() const noexcept { return width * channels; }
  std::size_t bytes() const noexcept { return stride() * height; }
  std::uint8_t* row(std::size_t y) const noexcept {
    return pixels + y * stride();
  }
};

/// The buffers of one decoding thread.
struct Scratch {
  Buffer image;   ///< as stored
  Buffer turned;  ///< upright
  Buffer rows;    ///< resampled along rows

  /// Gives memory back that only a rare large image needed.
  void trim() {
    if (image.capacity() + turned.capacity() + rows.capacity() > keep)
      *this = {};
  }

  static constexpr std::size_t keep = std::size_t{32} << 20;
};

}  // namespace quarry::detail
