#pragma once

#include <cstddef>
#include <cstdio>
#include <jpeglib.h>
#include <stdexcept>
#include <string>

/// libjpeg, used again for every image. What it cannot decode ends the program.
class Jpeg {
 public:
  Jpeg() {
    state_.err = jpeg_std_error(&errors_);
    jpeg_create_decompress(&state_);
  }
  ~Jpeg() { jpeg_destroy_decompress(&state_); }
  Jpeg(const Jpeg&) = delete;
  Jpeg& operator=(const Jpeg&) = delete;

  /// Writes RGB pixels [height, width, 3]; the image must have this size.
  void decode(const std::string& bytes, unsigned char* pixels,
              std::size_t height, std::size_t width) {
    jpeg_mem_src(&state_, reinterpret_cast<const unsigned char*>(bytes.data()),
                 bytes.size());
    jpeg_read_header(&state_, TRUE);
    if (state_.image_height != height || state_.image_width != width) {
      throw std::invalid_argument("an image is not of the network's size");
    }
    state_.out_color_space = JCS_RGB;
    jpeg_start_decompress(&state_);
    while (state_.output_scanline < height) {
      unsigned char* row = pixels + state_.output_scanline * width * 3;
      jpeg_read_scanlines(&state_, &row, 1);
    }
    jpeg_finish_decompress(&state_);
  }

 private:
  jpeg_decompress_struct state_{};
  jpeg_error_mgr errors_{};
};
