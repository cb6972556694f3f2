#pragma once

#include <cstdlib>
#include <string>
#include <vector>

#include "decode/libjpeg.hpp"
#include "images.hpp"

namespace quarry::test {

/// Kinds of JPEG that encode_jpeg does not write.
struct JpegKind {
  bool arithmetic = false;
  bool progressive = false;
  /// Blocks between restart markers; 0: none.
  unsigned restart_interval = 0;
  /// When not 0: a progressive JPEG whose luma comes in this many scans.
  std::size_t scans = 0;
};

/// Ends the program when libjpeg finds fault with us.
inline Bytes write_jpeg(const Picture& picture, const JpegKind& options) {
  jpeg_error_mgr errors;
  jpeg_compress_struct jpeg;
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  unsigned char* data = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&jpeg, &data, &size);
  jpeg.image_width = static_cast<JDIMENSION>(picture.width);
  jpeg.image_height = static_cast<JDIMENSION>(picture.height);
  jpeg.input_components = static_cast<int>(picture.channels);
  jpeg.in_color_space = picture.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&jpeg);
  jpeg.arith_code = options.arithmetic ? TRUE : FALSE;
  jpeg.restart_interval = options.restart_interval;
  if (options.progressive) jpeg_simple_progression(&jpeg);
  // DC of all components, then what the scans have in common: one coefficient
  // after the other, and the last one's bits again and again.
  std::vector<jpeg_scan_info> script;
  if (options.scans > 0) {
    script.push_back({3, {0, 1, 2, 0}, 0, 0, 0, 0});
    for (int component = 0; script.size() < options.scans; ++component) {
      for (int k = 1; k < 64 && script.size() < options.scans; ++k) {
        for (int bit = 1; bit >= 0 && script.size() < options.scans; --bit)
          script.push_back(
              {1, {component, 0, 0, 0}, k, k, bit == 1 ? 0 : 1, bit});
      }
    }
    jpeg.scan_info = script.data();
    jpeg.num_scans = static_cast<int>(script.size());
  }
  jpeg_start_compress(&jpeg, TRUE);
  while (jpeg.next_scanline < jpeg.image_height) {
    auto* row = const_cast<JSAMPROW>(picture.values.data() +
                                     jpeg.next_scanline * picture.width *
                                         picture.channels);
    jpeg_write_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_compress(&jpeg);
  jpeg_destroy_compress(&jpeg);
  const Bytes bytes = Bytes::copy(std::as_bytes(std::span(data, size)));
  std::free(data);
  return bytes;
}

}  // namespace quarry::test
