#include "decode/jpeg_reader.hpp"

#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <string>
#include <vector>

#include "decode/colour.hpp"
#include "decode/libjpeg.hpp"

namespace quarry::detail {
namespace {

/// More scans than encoders write. Each costs a pass over all blocks, so that
/// without a limit a small file keeps us busy for minutes.
constexpr int max_scans = 100;
constexpr JDIMENSION rows_a_call = 16;

/// One decode. libjpeg leaves by longjmp, which runs no destructors: between
/// `guarded` and libjpeg nothing may own anything, so all state is here.
struct Job {
  jpeg_decompress_struct jpeg;
  jpeg_error_mgr errors;
  jpeg_progress_mgr progress;
  std::jmp_buf escape;
  int code;  // of libjpeg's message; 0: the message is ours
  char message[JMSG_LENGTH_MAX];

  const unsigned char* bytes;
  std::size_t size;
  std::size_t channels;
  std::size_t reduction;
  std::uint8_t* pixels;
  std::uint8_t* inks;  // rows of CMYK on their way to RGB
};

Job& job_of(j_common_ptr jpeg) {
  return *static_cast<Job*>(jpeg->client_data);
}

[[noreturn]] void leave(j_common_ptr jpeg) {
  Job& job = job_of(jpeg);
  job.code = jpeg->err->msg_code;
  jpeg->err->format_message(jpeg, job.message);
  std::longjmp(job.escape, 1);
}

/// Warnings after which pixels are guesses.
bool means_damage(int code) {
  switch (code) {
    case JWRN_ARITH_BAD_CODE:
    case JWRN_BOGUS_PROGRESSION:
    case JWRN_EXTRANEOUS_DATA:
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_JPEG_EOF:
    case JWRN_MUST_RESYNC:
      return true;
    default:
      return false;
  }
}

void on_message(j_common_ptr jpeg, int level) {
  if (level < 0 && means_damage(jpeg->err->msg_code)) leave(jpeg);
}

void on_progress(j_common_ptr jpeg) {
  if (reinterpret_cast<j_decompress_ptr>(jpeg)->input_scan_number <= max_scans)
    return;
  Job& job = job_of(jpeg);
  std::snprintf(job.message, sizeof job.message, "more than %d scans",
                max_scans);
  std::longjmp(job.escape, 1);
}

/// Runs a step that libjpeg may leave early; false when it did.
bool guarded(Job& job, void (*step)(Job&)) {
  if (setjmp(job.escape) != 0) return false;
  step(job);
  return true;
}

void start(Job& job) {
  jpeg_create_decompress(&job.jpeg);
  job.jpeg.client_data = &job;
  job.jpeg.progress = &job.progress;
}

void read_headers(Job& job) {
  jpeg_decompress_struct& jpeg = job.jpeg;
  jpeg_mem_src(&jpeg, job.bytes, static_cast<unsigned long>(job.size));
  jpeg_read_header(&jpeg, TRUE);
  jpeg.scale_num = 1;
  jpeg.scale_denom = static_cast<unsigned>(job.reduction);
  if (jpeg.num_components == 4) {
    jpeg.out_color_space = JCS_CMYK;
  } else {
    jpeg.out_color_space = job.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  }
  jpeg_calc_output_dimensions(&jpeg);
}

void read_pixels(Job& job) {
  jpeg_decompress_struct& jpeg = job.jpeg;
  jpeg_start_decompress(&jpeg);
  const std::size_t width = jpeg.output_width;
  const bool inks = jpeg.out_color_space == JCS_CMYK;
  while (jpeg.output_scanline < jpeg.output_height) {
    const JDIMENSION first = jpeg.output_scanline;
    const JDIMENSION wanted = std::min(rows_a_call, jpeg.output_height - first);
    JSAMPROW rows[rows_a_call];
    for (JDIMENSION i = 0; i < wanted; ++i) {
      rows[i] = inks ? job.inks + i * width * 4
                     : job.pixels + (first + i) * width * job.channels;
    }
    const JDIMENSION got = jpeg_read_scanlines(&jpeg, rows, wanted);
    for (JDIMENSION i = 0; inks && i < got; ++i)
      inverted_cmyk_to_rgb(rows[i], width,
                           job.pixels + (first + i) * width * 3);
  }
  jpeg_finish_decompress(&jpeg);
}

void stop(Job& job) {
  jpeg_destroy_decompress(&job.jpeg);
}

Failure failure_of(const Job& job, const ImageHeader& header) {
  const std::string said = job.message;
  switch (job.code) {
    case JERR_INPUT_EMPTY:
    case JERR_INPUT_EOF:
    case JWRN_JPEG_EOF:
      return {"decode.truncated", "the JPEG ends after " +
                                      std::to_string(job.size) +
                                      " bytes, before its image does"};
    case JERR_IMAGE_TOO_BIG:
    case JERR_NO_BACKING_STORE:
    case JERR_OUT_OF_MEMORY:
      return {"decode.too_large",
              "the JPEG (" + std::to_string(header.width) + " x " +
                  std::to_string(header.height) +
                  ") needs more memory than max_memory allows"};
    case JERR_ARITH_NOTIMPL:
    case JERR_BAD_J_COLORSPACE:
    case JERR_BAD_PRECISION:
    case JERR_CCIR601_NOTIMPL:
    case JERR_COMPONENT_COUNT:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL:
    case JERR_NOT_COMPILED:
    case JERR_SOF_UNSUPPORTED:
      return {"decode.unsupported", "a kind of JPEG that is not read: " + said};
    default:
      return {"decode.corrupt", "the JPEG is damaged: " + said};
  }
}

}  // namespace

Result<void> read_jpeg(std::span<const std::byte> bytes,
                       const ImageHeader& header, const JpegTask& task) {
  Job job{};
  job.bytes = reinterpret_cast<const unsigned char*>(bytes.data());
  job.size = bytes.size();
  job.channels = task.channels;
  job.reduction = task.reduction;
  job.pixels = task.pixels;
  job.jpeg.err = jpeg_std_error(&job.errors);
  job.errors.error_exit = leave;
  job.errors.emit_message = on_message;
  job.progress.progress_monitor = on_progress;
  job.jpeg.client_data = &job;

  if (header.channels == 2 || header.channels > 4) {
    return Failure{"decode.unsupported", "a JPEG of " +
                                             std::to_string(header.channels) +
                                             " components is not read"};
  }
  std::vector<std::uint8_t> inks;
  if (header.channels == 4) {
    inks.resize(rows_a_call * header.width * 4);
    job.inks = inks.data();
  }
  Result<void> result;
  if (!guarded(job, start)) return failure_of(job, header);
  job.jpeg.mem->max_memory_to_use = static_cast<long>(task.max_memory);
  if (!guarded(job, read_headers)) {
    result = failure_of(job, header);
  } else if (job.jpeg.image_width != header.width ||
             job.jpeg.image_height != header.height ||
             static_cast<std::size_t>(job.jpeg.num_components) !=
                 header.channels ||
             job.jpeg.output_width != reduced(header.width, task.reduction) ||
             job.jpeg.output_height != reduced(header.height, task.reduction)) {
    result = Failure{"decode.corrupt", "the JPEG has contradictory headers"};
  } else if (!guarded(job, read_pixels)) {
    result = failure_of(job, header);
  }
  stop(job);
  return result;
}

}  // namespace quarry::detail
