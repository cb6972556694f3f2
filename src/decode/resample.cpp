#include "decode/resample.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace quarry::detail {
namespace {

/// Weights are integers of this many fractional bits: a sum of 255 · weight
/// over all taps stays below 2³¹.
constexpr int fraction_bits = 22;
constexpr std::int32_t half = std::int32_t{1} << (fraction_bits - 1);

/// What the pixels of one axis are made of: pixel i of `width` source pixels
/// from `start[i]` on, times `weights[i · width …]`. `width` is even; one
/// source pixel beyond the last may get weight 0.
struct Taps {
  std::size_t width = 2;
  std::vector<std::size_t> start;
  std::vector<std::int32_t> weights;

  const std::int32_t* of(std::size_t i) const {
    return weights.data() + i * width;
  }
};

/// The triangle filter about the centre of each target pixel, as wide as a
/// target pixel and at least as a source pixel, cut at the border, normalised.
Taps make_taps(const Axis& axis) {
  const double scale =
      static_cast<double>(axis.source) / static_cast<double>(axis.resized);
  const double support = std::max(scale, 1.0);
  const double narrow = 1.0 / support;
  const auto reach = [&](std::size_t i) {
    const double centre = (static_cast<double>(axis.first + i) + 0.5) * scale;
    const double begin = std::max(centre - support + 0.5, 0.0);
    const double end = centre + support + 0.5;
    return std::pair{static_cast<std::size_t>(begin),
                     std::min(static_cast<std::size_t>(end), axis.source)};
  };
  Taps taps;
  for (std::size_t i = 0; i < axis.count; ++i) {
    const auto [begin, end] = reach(i);
    taps.width = std::max(taps.width, end - begin);
  }
  taps.width += taps.width % 2;
  taps.weights.assign(axis.count * taps.width, 0);
  std::vector<double> exact(taps.width);
  for (std::size_t i = 0; i < axis.count; ++i) {
    const double centre = (static_cast<double>(axis.first + i) + 0.5) * scale;
    const auto [begin, end] = reach(i);
    double sum = 0.0;
    for (std::size_t j = begin; j < end; ++j) {
      const double distance = (static_cast<double>(j) - centre + 0.5) * narrow;
      exact[j - begin] = std::max(0.0, 1.0 - std::abs(distance));
      sum += exact[j - begin];
    }
    // Near the border the window is moved inwards, so that it reads no further
    // than one pixel outside.
    const std::size_t start =
        std::min(begin, std::max(axis.source, taps.width) - taps.width);
    std::int32_t* weights = &taps.weights[i * taps.width + begin - start];
    for (std::size_t j = 0; j < end - begin; ++j) {
      constexpr double one = std::int32_t{1} << fraction_bits;
      weights[j] = static_cast<std::int32_t>(0.5 + exact[j] / sum * one);
    }
    taps.start.push_back(start);
  }
  return taps;
}

std::uint8_t to_level(std::int32_t sum) {
  return static_cast<std::uint8_t>(
      std::clamp((sum + half) >> fraction_bits, 0, 255));
}

/// `out[i] = Σ_j weights[j] · rows[j][i]`, for bytes i in [begin, end).
void plain_column(const std::uint8_t* const* rows, const std::int32_t* weights,
                  std::size_t width, std::size_t begin, std::size_t end,
                  std::uint8_t* out) {
  for (std::size_t i = begin; i < end; ++i) {
    std::int32_t sum = 0;
    for (std::size_t j = 0; j < width; ++j) sum += rows[j][i] * weights[j];
    out[i] = to_level(sum);
  }
}

template <std::size_t channels>
void plain_row(const std::uint8_t* row, const Taps& taps, std::uint8_t* out) {
  for (std::size_t x = 0; x < taps.start.size(); ++x) {
    const std::uint8_t* in = row + taps.start[x] * channels;
    const std::int32_t* weights = taps.of(x);
    std::int32_t sums[channels] = {};
    for (std::size_t j = 0; j < taps.width; ++j, in += channels)
      for (std::size_t c = 0; c < channels; ++c) sums[c] += in[c] * weights[j];
    for (std::size_t c = 0; c < channels; ++c) *out++ = to_level(sums[c]);
  }
}

#if defined(__SSE2__)

// The 32 bit product of a byte and a weight is not an instruction of SSE2, but
// the sum of two 16 bit products is: a weight w is split into w = high · 2¹² +
// low, neighbouring taps are paired, and both halves are summed on their own.
// The result is that of the plain loops, bit by bit.
constexpr int low_bits = 12;

struct Pair {
  std::int32_t low;
  std::int32_t high;
};

Pair split(std::int32_t first, std::int32_t second) {
  constexpr std::int32_t mask = (1 << low_bits) - 1;
  return {(first & mask) | (second & mask) << 16,
          first >> low_bits | (second >> low_bits) << 16};
}

__m128i finish(__m128i low, __m128i high) {
  const __m128i sum = _mm_add_epi32(_mm_slli_epi32(high, low_bits), low);
  return _mm_srai_epi32(_mm_add_epi32(sum, _mm_set1_epi32(half)),
                        fraction_bits);
}

__m128i load_4(const std::uint8_t* bytes) {
  std::int32_t word;
  std::memcpy(&word, bytes, sizeof word);
  return _mm_cvtsi32_si128(word);
}

__m128i load_8(const std::uint8_t* bytes) {
  return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(bytes));
}

void store_4(std::uint8_t* bytes, __m128i value) {
  const std::int32_t word = _mm_cvtsi128_si32(value);
  std::memcpy(bytes, &word, sizeof word);
}

std::vector<Pair> split(const Taps& taps) {
  std::vector<Pair> pairs;
  pairs.reserve(taps.weights.size() / 2);
  for (std::size_t i = 0; i < taps.weights.size(); i += 2)
    pairs.push_back(split(taps.weights[i], taps.weights[i + 1]));
  return pairs;
}

/// Two rows of three channels, so that the weights are fetched once for both;
/// writes one byte more than each row has.
void fast_rows(const std::uint8_t* row, std::size_t stride, const Taps& taps,
               const std::vector<Pair>& pairs, std::uint8_t* out,
               std::size_t out_stride) {
  const __m128i zero = _mm_setzero_si128();
  const Pair* pair = pairs.data();
  for (const std::size_t start : taps.start) {
    const std::uint8_t* in = row + start * 3;
    __m128i low_0 = zero;
    __m128i low_1 = zero;
    __m128i high_0 = zero;
    __m128i high_1 = zero;
    const Pair* const end = pair + taps.width / 2;
    for (; pair != end; ++pair, in += 6) {
      const __m128i low = _mm_set1_epi32(pair->low);
      const __m128i high = _mm_set1_epi32(pair->high);
      const __m128i two_0 = _mm_unpacklo_epi8(
          _mm_unpacklo_epi8(load_4(in), load_4(in + 3)), zero);
      const __m128i two_1 = _mm_unpacklo_epi8(
          _mm_unpacklo_epi8(load_4(in + stride), load_4(in + stride + 3)),
          zero);
      low_0 = _mm_add_epi32(low_0, _mm_madd_epi16(two_0, low));
      low_1 = _mm_add_epi32(low_1, _mm_madd_epi16(two_1, low));
      high_0 = _mm_add_epi32(high_0, _mm_madd_epi16(two_0, high));
      high_1 = _mm_add_epi32(high_1, _mm_madd_epi16(two_1, high));
    }
    const __m128i words =
        _mm_packs_epi32(finish(low_0, high_0), finish(low_1, high_1));
    const __m128i bytes = _mm_packus_epi16(words, zero);
    store_4(out, bytes);
    store_4(out + out_stride, _mm_srli_si128(bytes, 4));
    out += 3;
  }
}

/// Eight bytes of a column, from byte `at` on.
void fast_column(const std::uint8_t* const* rows, const Pair* pairs,
                 std::size_t half_width, std::size_t at, std::uint8_t* out) {
  const __m128i zero = _mm_setzero_si128();
  __m128i low_0 = zero;
  __m128i low_1 = zero;
  __m128i high_0 = zero;
  __m128i high_1 = zero;
  for (std::size_t j = 0; j < half_width; ++j) {
    const __m128i two = _mm_unpacklo_epi8(load_8(rows[2 * j] + at),
                                          load_8(rows[2 * j + 1] + at));
    const __m128i two_0 = _mm_unpacklo_epi8(two, zero);
    const __m128i two_1 = _mm_unpackhi_epi8(two, zero);
    const __m128i low = _mm_set1_epi32(pairs[j].low);
    const __m128i high = _mm_set1_epi32(pairs[j].high);
    low_0 = _mm_add_epi32(low_0, _mm_madd_epi16(two_0, low));
    low_1 = _mm_add_epi32(low_1, _mm_madd_epi16(two_1, low));
    high_0 = _mm_add_epi32(high_0, _mm_madd_epi16(two_0, high));
    high_1 = _mm_add_epi32(high_1, _mm_madd_epi16(two_1, high));
  }
  const __m128i words =
      _mm_packs_epi32(finish(low_0, high_0), finish(low_1, high_1));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(out + at),
                   _mm_packus_epi16(words, zero));
}

#endif

/// The pass along rows: `count` rows of `source` from `first` on. May write one
/// byte behind each of them.
void resample_rows(const Raster& source, const Axis& x, std::size_t first,
                   std::size_t count, std::uint8_t* out, std::size_t stride) {
  const Taps taps = make_taps(x);
#if defined(__SSE2__)
  if (source.channels == 3) {
    const std::vector<Pair> pairs = split(taps);
    for (std::size_t y = 0; y < count; y += 2) {
      const bool two = y + 1 < count;  // else the last row is done twice
      fast_rows(source.row(first + y), two ? source.stride() : 0, taps, pairs,
                out + y * stride, two ? stride : 0);
    }
    return;
  }
#endif
  for (std::size_t y = 0; y < count; ++y) {
    if (source.channels == 3) {
      plain_row<3>(source.row(first + y), taps, out + y * stride);
    } else {
      plain_row<1>(source.row(first + y), taps, out + y * stride);
    }
  }
}

/// The pass along columns: `bytes` bytes of each row, which are `in_stride`
/// apart, the first of them row `first_row` of the source.
void resample_columns(const std::uint8_t* in, std::size_t in_stride,
                      std::size_t first_row, std::size_t bytes,
                      const Taps& taps, std::size_t source_rows,
                      std::uint8_t* out, std::size_t out_stride) {
  std::vector<const std::uint8_t*> rows(taps.width);
#if defined(__SSE2__)
  const std::vector<Pair> pairs = split(taps);
#endif
  for (std::size_t y = 0; y < taps.start.size(); ++y, out += out_stride) {
    for (std::size_t j = 0; j < taps.width; ++j) {
      const std::size_t row = std::min(taps.start[y] + j, source_rows - 1);
      rows[j] = in + (row - first_row) * in_stride;
    }
    std::size_t done = 0;
#if defined(__SSE2__)
    if (bytes >= 8) {
      const std::size_t half_width = taps.width / 2;
      const Pair* pair = pairs.data() + y * half_width;
      for (; done + 8 <= bytes; done += 8)
        fast_column(rows.data(), pair, half_width, done, out);
      // The rest: the last 8 bytes, some of them once more.
      if (done < bytes)
        fast_column(rows.data(), pair, half_width, bytes - 8, out);
      done = bytes;
    }
#endif
    plain_column(rows.data(), taps.of(y), taps.width, done, bytes, out);
  }
}

}  // namespace

void resample(const Raster& source, const Axis& x, const Axis& y, Buffer& rows,
              std::uint8_t* out, std::size_t stride) {
  const std::size_t bytes = x.count * source.channels;
  const bool whole_x = x.resized == x.source;
  const bool whole_y = y.resized == y.source;
  std::size_t first = y.first;
  std::size_t end = y.first + y.count;
  Taps taps;
  if (!whole_y) {
    taps = make_taps(y);
    first = taps.start.front();
    end = std::min(taps.start.back() + taps.width, y.source);
  }
  // Where the rows lie that the second pass works on.
  const std::uint8_t* in = source.row(first) + x.first * source.channels;
  std::size_t in_stride = source.stride();
  if (!whole_x) {
    in_stride = bytes + 1;
    std::uint8_t* between = rows.fit((end - first) * in_stride);
    resample_rows(source, x, first, end - first, between, in_stride);
    in = between;
  }
  if (whole_y) {
    for (std::size_t i = 0; i < y.count; ++i)
      std::memcpy(out + i * stride, in + i * in_stride, bytes);
  } else {
    resample_columns(in, in_stride, first, bytes, taps, y.source, out, stride);
  }
}

}  // namespace quarry::detail
